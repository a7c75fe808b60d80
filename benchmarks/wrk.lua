-- Request one path, with a new query parameter each time if asked to, and print the figures as JSON.
-- Arguments: the path; "uncached" for the parameter.
local path, start, count, is_unique

function init(args)
  path = args[1]
  is_unique = args[2] == "uncached"
  start, count = os.time(), 0
end

function request()
  if not is_unique then
    return wrk.format(nil, path)
  end
  count = count + 1
  local separator = path:find("?", 1, true) and "&" or "?"
  return wrk.format(nil, path .. separator .. "uncached=" .. start .. "-" .. count)
end

function done(summary, latency)
  local errors = summary.errors
  local figures = '{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, ' ..
    '"failures": %d, "error_statuses": %d}\n'
  local function milliseconds(percentile)
    return latency:percentile(percentile) / 1000
  end
  io.write(string.format(
    figures, summary.requests, summary.duration / 1e6, milliseconds(50), milliseconds(95), milliseconds(99),
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
