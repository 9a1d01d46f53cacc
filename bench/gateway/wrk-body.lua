-- A body like the products of rpc/workload.ts, checked by the service and echoed.
dofile((debug.getinfo(1, "S").source:sub(2):match("(.*/)")) .. "../harness/wrk-summary.lua")
local n = 0
local headers = { ["Content-Type"] = "application/json" }
local form = '{"id":"P%d","name":"Item %d of stock","description":"A sturdy everyday item made from recycled materials, tested '
  .. 'for ten thousand uses and shipped in plain paper wrap","price":{"currency":"USD","units":%d,"nanos":990000000},'
  .. '"categories":["kitchen","office","garden"],"stock":%d,"updatedAt":"2026-11-27T00:00:00.000Z"}'
request = function()
  n = (n + 1) % 1000
  return wrk.format("POST", "/catalog", headers, form:format(100000 + n, n, n, n))
end
