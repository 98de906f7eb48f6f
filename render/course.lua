-- What the course's documents become before either renderer writes them. Quarto runs this ahead of its own filters (`at: pre-ast`),
-- so that it finds nothing left that it would do in another way.
local deck = FORMAT == "revealjs"
local stringify = pandoc.utils.stringify
local root = ""                         -- from this page to the home page
local glossary = {}                     -- in a notebook: where the terms are explained
local seen, counts, latest = {}, {fig = 0, tbl = 0}, nil
local names = {fig = "Figure", tbl = "Table"}

local function raw(html) return pandoc.RawBlock("html", html) end
local function escape(text) return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;")) end
local function once(id)                 -- an id may stand only once in a page, a cell may be embedded twice
  if id == "" or seen[id] then return "" end
  seen[id] = true
  return id
end

-- Values that the template shows: Quarto has them from its pre-render step, in a file, the offline renderer passes them on.
local function raw_meta(value)
  if type(value) ~= "table" then return pandoc.MetaInlines({pandoc.RawInline("html", tostring(value))}) end
  local result = {}
  for key, inner in pairs(value) do result[key] = raw_meta(inner) end
  return #value > 0 and pandoc.MetaList(result) or pandoc.MetaMap(result)
end

local function Meta(meta)
  if not quarto then
    root = stringify(meta.root)
    for term, place in pairs(meta.glossary or {}) do glossary[term] = stringify(place) end
    return
  end
  local project = quarto.project.directory
  local file = assert(io.open(project .. "/.quarto/course.json"), "no .quarto/course.json: render/quarto.py writes it, before Quarto renders")
  local values = pandoc.json.decode(file:read("a"), false)[quarto.doc.input_file:sub(#project + 2):gsub("\\", "/")]
  file:close()
  glossary, values.glossary = values.glossary or {}, nil
  for key, value in pairs(values) do meta[key] = raw_meta(value) end
  root = values.root
  return meta
end

-- Figures and tables: number (decks have none, theirs would differ from the notebook's), caption, alternative text, size.
local function float(label, caption, content)
  local kind = label:sub(1, 3)
  latest = label
  local id = once(label)
  if id ~= "" then counts[kind] = counts[kind] + 1 end
  if not deck then caption = pandoc.Inlines(names[kind] .. "\u{a0}" .. counts[kind] .. ": ") .. caption end
  local text = pandoc.Blocks({raw("<figcaption>"), pandoc.Plain(caption), raw("</figcaption>")})
  local open = id ~= "" and '<figure id="' .. id .. '" class="float-' or '<figure class="float-'
  local body = kind == "tbl" and text .. content or content .. text
  return pandoc.Blocks({raw(open .. kind .. '">')}) .. body .. {raw("</figure>")}
end

local function size(src)                -- in CSS pixels, so that the page doesn't move while the picture loads
  local file = quarto and io.open(pandoc.path.join({pandoc.path.directory(quarto.doc.input_file), src}))
  if not file then return {} end
  local tag = file:read(4000):match("<svg[^>]*>") or ""
  file:close()
  local found = {}
  for _, side in ipairs({"width", "height"}) do
    local number, unit = tag:match("%s" .. side .. '="([%d.]+)(%a*)"')
    if number then found[side] = string.format("%.0f", number * (unit == "pt" and 4 / 3 or 1)) end
  end
  return found
end

local function Figure(figure)
  if not figure.identifier:match("^fig%-") then return end
  local image = figure.content[1].content[1]
  local alt = image.attributes["fig-alt"] or stringify(image.caption)
  local sides = image.attributes.width and {width = image.attributes.width, height = image.attributes.height} or size(image.src)
  local picture = pandoc.Plain({pandoc.Image({pandoc.Str(alt)}, image.src, "", pandoc.Attr("", {}, sides))})
  return float(figure.identifier, pandoc.utils.blocks_to_inlines(figure.caption.long), pandoc.Blocks({picture}))
end

-- Cells. Lines that a check prints stand apart from other output.
local function printed(output)
  local code, parts, run, checks = output.content[1], pandoc.Blocks({}), {}, false
  local function close()
    if #run > 0 then parts:insert(checks and pandoc.Div({pandoc.Plain(run)}, {class = "checks"}) or pandoc.CodeBlock(table.concat(run, "\n"))) end
    run = pandoc.List()
  end
  for line in (code.text .. "\n"):gmatch("(.-)\n") do
    local is_check = line:match("^✓ ") or line:match("^✗ Exercise") or line:match("^– Exercise")
    if (is_check ~= nil) ~= checks then close() checks = is_check ~= nil end
    if checks and #run > 0 then run:insert(pandoc.LineBreak()) end
    if checks then run:extend({pandoc.Span(line:sub(1, 3), line:match("^✓") and {class = "tick"} or {}), pandoc.Str((line:sub(4):gsub("  ", "\u{a0}\u{a0}")))}) else run[#run + 1] = line end
  end
  close()
  return pandoc.Div(parts, output.attr)
end

local function folded(code, open, summary)
  return {raw('<details class="code-fold"' .. (open and " open" or "") .. "><summary>" .. escape(summary) .. "</summary>"), code, raw("</details>")}
end

local function cell(div)
  local tags, id, caption = div.attributes.tags or "", div.identifier, div.attributes["tbl-cap"]
  local content, classes = pandoc.Blocks({}), {"cell"}
  for _, tag in ipairs({"exercise", "check", "solution"}) do
    if tags:find('"' .. tag .. '"', 1, true) then table.insert(classes, "cell-" .. tag) end
  end
  for _, block in ipairs(div.content) do
    if block.t == "CodeBlock" then
      local fold, summary = block.attributes["code-fold"], block.attributes["code-summary"]
      block.attr = pandoc.Attr("", {block.classes[1]})      -- further classes Quarto moves elsewhere in decks
      if classes[2] == "cell-check" then fold, summary = "true", "What the check tests" end
      if not fold and id:match("^cell%-fig%-") then fold, summary = "true", "Show the code of this figure" end
      if deck or not fold or fold == "false" then content:insert(block)
      else content:extend(folded(block, fold == "show", summary or "Code")) end
    elseif block.t == "Div" and block.classes:includes("cell-output-display") then
      local label = id:match("^tbl%-.+") or block.identifier:match("^fig%-.+")
      local inner = block.content
      if label and not caption then caption = inner:remove(#inner).content elseif label then caption = pandoc.utils.blocks_to_inlines(pandoc.read(caption).blocks) end
      if label then inner = float(label, caption, inner) end
      content:insert(pandoc.Div(inner, pandoc.Attr("", {"cell-output", "cell-output-display"})))
    elseif block.t == "Div" and block.classes:includes("cell-output-stdout") and block.content[1].t == "CodeBlock" then
      content:insert(printed(block))
    else content:insert(block) end
  end
  return pandoc.Div(content, pandoc.Attr(id:match("^code%-") and once(id) or "", classes))
end

local function embed(div)               -- a figure or table links to its place in the page of its notebook
  local notebook, title, label = div.attributes.notebook:gsub("\\", "/"), div.attributes["notebook-title"], latest
  latest = nil
  if quarto then notebook = notebook:sub(#quarto.project.directory + 2) end
  local target = root .. notebook:gsub("%.ipynb$", ".html") .. "#" .. (label or "")
  if label then
    local link = pandoc.Link("In the notebook", target, "In the notebook: " .. (title or ""))
    div.content:insert(pandoc.Div({pandoc.Plain({link})}, {class = "embed-source"}))
  end
  return pandoc.Div(div.content, {class = "embed"})
end

local function lines(div)               -- ::: {lines="1-3|5-6"} around an embed: deck.js steps through its code
  local found, steps = false, div.attributes.lines
  local result = div:walk({CodeBlock = function(code)
    if #code.classes == 0 then return end       -- output
    found, code.attributes["data-lines"] = true, steps
    return code
  end})
  if not found then error('a div with lines="' .. steps .. '" holds no code; add echo=true to the embed in it') end
  return result.content
end

-- Boxes: callouts, and blockquotes that open with a bold lead word, > **Exercise 2.1.** …
local function box(kind, id, content) return pandoc.Div(content, pandoc.Attr(id, {"box", "box-" .. kind})) end

local function callout(div, kind)
  local lead = pandoc.Inlines(div.attributes.title or kind:gsub("^%l", string.upper))
  if not div.attributes.title and div.content[1] and div.content[1].t == "Header" then lead = div.content:remove(1).content end
  return box(kind, div.identifier, {pandoc.Para({pandoc.Span({pandoc.Strong(lead)}, {class = "box-lead"})}), table.unpack(div.content)})
end

local function BlockQuote(quote)
  local first = quote.content[1]
  local lead = first and first.t == "Para" and first.content[1]
  if not lead or lead.t ~= "Strong" then return end
  local word, number = stringify(lead):lower():match("^([%a ]-)%s*([%d.]*)[.:]?$")
  if not word or not (" exercise solution key idea caution in the lecture "):find(" " .. word .. " ", 1, true) then return end
  local kind = word:gsub(" ", "-")
  number = number:gsub("%.$", ""):gsub("%.", "-")
  first.content[1] = pandoc.Span({lead}, {class = "box-lead"})
  return box(kind, number ~= "" and kind .. "-" .. number or "", quote.content)
end

local function Div(div)
  if div.attributes.lines then return lines(div) end
  if div.classes:includes("cell") then return cell(div) end
  if div.attributes.notebook then return embed(div) end
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind then return callout(div, kind) end
  end
  if div.classes:includes("aside") then return pandoc.Blocks({raw("<aside>"), pandoc.Div(div.content), raw("</aside>")}) end
end

local function Link(link)               -- to sources: to their pages
  if link.target:match("^%a[%w+.-]*:") then return end
  link.target = link.target:gsub("%.ipynb$", ".html"):gsub("%.ipynb#", ".html#"):gsub("%.qmd$", ".html"):gsub("%.qmd#", ".html#")
  return link
end

-- The glossary: each term has an id there, and where a notebook sets it in bold, it links to that.
local function DefinitionList(list)
  if deck then return end
  for _, item in ipairs(list.content) do
    if item[1][1] and item[1][1].t == "Strong" then
      local name = stringify(item[1]):lower():gsub("[^%w]+", "-"):gsub("^%-+", ""):gsub("%-+$", "")
      item[1] = {pandoc.Span(item[1], pandoc.Attr(once("term-" .. name)))}
    end
  end
  return list
end

local function Strong(strong)
  local place = glossary[stringify(strong):lower()]
  return place and pandoc.Link({strong}, root .. place, "", {class = "term"})
end

local function Table(tbl)               -- columns as wide as they need; Pandoc makes those of a long table equally wide
  tbl.colspecs = tbl.colspecs:map(function(spec) return {spec[1], nil} end)
  return tbl
end

-- Solutions are folded: cells with that tag and boxes that open with **Solution.**, together when they follow each other.
local exercise = nil                    -- number of the exercise seen last

local function Blocks(blocks)
  local result, open = pandoc.Blocks({}), false
  for _, block in ipairs(blocks) do
    local classes = block.t == "Div" and block.classes or pandoc.List()
    if classes:includes("box-exercise") then exercise = block.identifier:match("^exercise%-(.+)$") end
    local solution = classes:includes("box-solution") or classes:includes("cell-solution")
    if solution and not open then
      local name = exercise and "Solution to exercise " .. exercise:gsub("-", ".") or "Solution"
      result:insert(raw('<details class="solution"><summary>' .. name .. "</summary>"))
    elseif open and not solution then
      result:insert(raw("</details>"))
    end
    open = solution
    result:insert(block)
  end
  if open then result:insert(raw("</details>")) end
  return result
end

return {
  {Meta = Meta},
  {Figure = Figure, Div = Div, BlockQuote = BlockQuote, Table = Table, Link = Link, Strong = Strong, DefinitionList = DefinitionList},
  {traverse = "topdown", Blocks = Blocks},
}
