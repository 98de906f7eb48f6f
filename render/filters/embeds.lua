-- An embedded figure or table links to its place in the page of its notebook.
local function label_of(div)
  local label
  local function take(id)
    id = (id or ""):gsub("^cell%-", "")
    label = label or id:match("^fig%-.+") or id:match("^tbl%-.+")
  end
  div:walk({
    Div = function(inner) take(inner.identifier) take(inner.attributes.label) end,
    Image = function(image) take(image.identifier) end,
  })
  return label
end

function Div(div)
  local notebook = div.attributes.notebook
  if not div.classes:includes("quarto-embed-nb-cell") or not notebook then return end
  local label = label_of(div)
  if not label then return end
  local title = div.attributes["notebook-title"] or "notebook"
  local link = pandoc.Link("In the notebook", notebook:gsub("%.ipynb$", ".html") .. "#" .. label, "In the notebook: " .. title)
  div.content:insert(pandoc.Div({pandoc.Plain({link})}, {class = "embed-source"}))
  return div
end
