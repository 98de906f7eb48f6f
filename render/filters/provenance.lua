-- Under the title of a notebook's page: when, with what and on which data its stored outputs were made; under Quarto
-- also the links that the offline template has in its header.
local stringify = pandoc.utils.stringify

local function links(input, repository)
  local stem = input:match("([^/]+)%.ipynb$")
  local result = {pandoc.Link("Open the slides", "../slides/" .. stem .. "-deck.html"), pandoc.Link("Download the notebook", stem .. ".ipynb")}
  local name = repository:match("github%.com/(.-)/?$")
  if name then
    local path = "/blob/HEAD/notebooks/" .. stem .. ".ipynb"
    table.insert(result, pandoc.Link("Open in Colab", "https://colab.research.google.com/github/" .. name .. path))
    table.insert(result, pandoc.Link("Open in Binder", "https://mybinder.org/v2/gh/" .. name .. "/HEAD?urlpath=lab/tree/notebooks/" .. stem .. ".ipynb"))
    table.insert(result, pandoc.Link("View on GitHub", "https://github.com/" .. name .. path))
  end
  local list = pandoc.BulletList({})
  for _, link in ipairs(result) do list.content:insert({pandoc.Plain({link})}) end
  return pandoc.Div({list}, {class = "page-links"})
end

local function pairs_of(map, format)
  local result = pandoc.List()
  for key, value in pairs(map or {}) do result:insert(format:format(key, value)) end
  result:sort()
  return table.concat(result, ", ")
end

function Pandoc(doc)
  local input = quarto and quarto.doc.input_file or stringify(doc.meta["input-file"] or "")
  local file = input:match("%.ipynb$") and io.open(input)
  if not file then return end
  local made = pandoc.json.decode(file:read("a"), false).metadata.dlcourse
  file:close()
  if quarto then
    local course = doc.meta.course
    doc.blocks:insert(1, links(input, course and course.repository and stringify(course.repository) or ""))
  end
  if made then
    local text = ("Outputs of %s, made with Python %s, %s on %s in %.0f s."):format(
      made.date, made.python, pairs_of(made.versions, "%s %s"), made.device, made.seconds)
    if next(made.data or {}) then text = text .. " Data: " .. pairs_of(made.data, "%s (%s)") .. "." end
    doc.blocks:insert(1, pandoc.Div({pandoc.Para(pandoc.Inlines(text))}, {class = "provenance"}))
  end
  return doc
end
