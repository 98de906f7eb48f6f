-- Quarto gets the scripts of the theme; the offline templates have them already.
if quarto and quarto.doc.is_format("html") then
  local name = quarto.doc.is_format("revealjs") and "deck" or "course"
  quarto.doc.add_html_dependency({
    name = "dlcourse-" .. name, version = "1.0.0",
    scripts = {{path = "../theme/" .. name .. ".js", afterBody = true}},
  })
end
