-- ::: {lines="1-3|5-6"} around an embed hands the line numbers to the code, which a deck then steps through.
function Div(div)
  local lines = div.attributes.lines
  if not lines then return end
  div.attributes.lines = nil
  local found = false
  local result = div:walk({CodeBlock = function(code)
    if not code.classes:includes("cell-code") then return end
    found = true
    code.attributes["code-line-numbers"] = lines
    return code
  end})
  if not found then error('a div with lines="' .. lines .. '" holds no code; add echo=true to the embed in it') end
  return result
end
