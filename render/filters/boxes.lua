-- A blockquote that opens with a bold lead word becomes a box: > **Exercise 2.1.** …
local kinds = {
  ["exercise"] = "exercise", ["solution"] = "solution", ["key idea"] = "key-idea",
  ["caution"] = "caution", ["in the lecture"] = "in-the-lecture",
}

function BlockQuote(quote)
  local first = quote.content[1]
  local lead = first and first.t == "Para" and first.content[1]
  if not lead or lead.t ~= "Strong" then return end
  local text = pandoc.utils.stringify(lead):lower()
  local word, number = text:match("^([%a ]-)%s*([%d.]*)[.:]?$")
  local kind = kinds[word]
  if not kind then return end
  number = number:gsub("%.$", ""):gsub("%.", "-")
  local id = number ~= "" and kind .. "-" .. number or ""
  first.content[1] = pandoc.Span({lead}, {class = "box-lead"})
  return pandoc.Div(quote.content, pandoc.Attr(id, {"box", "box-" .. kind}))
end
