-- A solution is folded: cells tagged `solution` and boxes that open with **Solution.**, together when they follow each other.
local function is_solution(block)
  return block.t == "Div" and (block.classes:includes("box-solution")
    or block.classes:includes("cell") and (block.attributes.tags or ""):find('"solution"', 1, true))
end

local exercise = nil  -- number of the exercise seen last

function Blocks(blocks)
  local result, open = pandoc.List(), false
  for _, block in ipairs(blocks) do
    if block.t == "Div" and block.classes:includes("box-exercise") then
      exercise = block.identifier:match("^exercise%-(.+)$")
    end
    local solution = is_solution(block)
    if solution and not open then
      local name = exercise and "Solution to exercise " .. exercise:gsub("-", ".") or "Solution"
      result:insert(pandoc.RawBlock("html", '<details class="solution"><summary>' .. name .. "</summary>"))
    elseif open and not solution then
      result:insert(pandoc.RawBlock("html", "</details>"))
    end
    open = solution
    result:insert(block)
  end
  if open then result:insert(pandoc.RawBlock("html", "</details>")) end
  return result
end

return {{traverse = "topdown", Blocks = Blocks}}
