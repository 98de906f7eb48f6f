-- What Quarto does by itself, for Pandoc alone: numbered figures and tables, callouts, folded code, asides, links to sources.
local deck = FORMAT == "revealjs"
local counts = {fig = 0, tbl = 0}
local names = {fig = "Figure", tbl = "Table"}

local function raw(text) return pandoc.RawBlock("html", text) end

local function float(div)
  local label, attributes = div.attributes.label, div.attributes
  local kind = label:sub(1, 3)
  local caption = div.content:remove(#div.content).content
  if not div.classes:includes("again") then counts[kind] = counts[kind] + 1 end
  if not deck then  -- decks number nothing: their count would differ from the notebook's
    local number = pandoc.Inlines({pandoc.Str(names[kind] .. "\u{a0}" .. counts[kind] .. ": ")})
    caption[1].content = number .. caption[1].content
  end
  local content = div.content
  if attributes.src then
    local size = {width = attributes.width, height = attributes.height}
    content = {pandoc.Plain({pandoc.Image({pandoc.Str(attributes.alt)}, attributes.src, "",
      pandoc.Attr("", {"img-fluid", "figure-img"}, size))})}
  end
  local figure = pandoc.List({raw('<figure class="quarto-float quarto-float-' .. kind .. ' figure">')})
  local text = pandoc.List({raw('<figcaption class="quarto-float-caption quarto-float-' .. kind .. '">')})
  text:insert(pandoc.Plain(pandoc.utils.blocks_to_inlines(caption)))
  text:insert(raw("</figcaption>"))
  local spoken = not attributes.src and attributes.alt ~= ""  -- an interactive figure has no img to carry the alternative text
  local body = pandoc.List({pandoc.Div(content, spoken and {role = "group", ["aria-label"] = attributes.alt} or {})})
  figure:extend(kind == "tbl" and text or body)
  figure:extend(kind == "tbl" and body or text)
  figure:insert(raw("</figure>"))
  local id = div.classes:includes("again") and "" or label
  return pandoc.Div(figure, pandoc.Attr(id, {"quarto-float", kind == "fig" and "quarto-figure" or "quarto-table"}))
end

local function callout(div, kind)
  local title = div.attributes.title
  local first = div.content[1]
  local heading = pandoc.Inlines(title or kind:gsub("^%l", string.upper))
  if not title and first and first.t == "Header" then
    heading = first.content
    div.content:remove(1)
  end
  return pandoc.Div({
    pandoc.Div({pandoc.Div({pandoc.Plain(heading)}, {class = "callout-title-container"})}, {class = "callout-header"}),
    pandoc.Div(div.content, {class = "callout-body-container callout-body"}),
  }, pandoc.Attr(div.identifier, {"callout", "callout-style-default", "callout-" .. kind}))
end

function Div(div)
  if div.classes:includes("float") and div.attributes.label then return float(div) end
  for _, kind in ipairs({"note", "tip", "important", "warning"}) do
    if div.classes:includes("callout-" .. kind) and not div.classes:includes("callout") then return callout(div, kind) end
  end
  if div.classes:includes("aside") then
    return {raw(deck and "<aside>" or '<aside class="aside">'), pandoc.Div(div.content), raw("</aside>")}
  end
  if div.classes:includes("cell") then div.attributes.tags = nil end
  return div
end

function CodeBlock(code)
  local fold = code.attributes["code-fold"]
  local summary = code.attributes["code-summary"] or "Code"
  code.attributes["code-fold"], code.attributes["code-summary"] = nil, nil
  if code.attributes["code-line-numbers"] then
    code.attributes["data-code-line-numbers"] = code.attributes["code-line-numbers"]
    code.attributes["code-line-numbers"] = nil
  end
  if not fold or fold == "false" then return code end
  local open = fold == "show" and " open" or ""
  return {raw('<details class="code-fold"' .. open .. "><summary>" .. summary:gsub("<", "&lt;") .. "</summary>"), code, raw("</details>")}
end

function Link(link)
  if not link.target:match("^%a[%w+.-]*:") then
    link.target = link.target:gsub("%.ipynb$", ".html"):gsub("%.ipynb#", ".html#"):gsub("%.qmd$", ".html"):gsub("%.qmd#", ".html#")
  end
  return link
end
