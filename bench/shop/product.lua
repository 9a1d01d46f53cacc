-- The first 300 products, one after the other.
dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)")) .. "../harness/wrk-summary.lua")
local n = 0
request = function()
  n = n % 300 + 1
  return wrk.format("GET", string.format("/api/products/p-%04d", n))
end
