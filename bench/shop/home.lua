-- The front page, for nobody in particular.
dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)")) .. "../harness/wrk-summary.lua")
request = function()
  return wrk.format("GET", "/api/home")
end
