-- The products of rpc/workload.ts, one after the other.
dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)")) .. "../harness/wrk-summary.lua")
local n = 0
request = function()
  n = (n + 1) % 1000
  return wrk.format("GET", "/catalog/P" .. (100000 + n) .. "?currency=USD")
end
