-- Writes for wrk, each differing from the last of its name, so that none of them is for nothing:
--   wrk ... -s bench/writes.lua http://ADDRESS -- kv|agent|catalog TURN
-- TURN is where counting begins: another one than the last load of that kind on that server began with.
local NAMES = 1000
local padding = string.rep("v", 244)
local kinds = {}

function kinds.kv(name, turn)
    return "/v1/kv/bench/" .. name, string.format("%012d", turn) .. padding -- 256 bytes
end

function kinds.agent(name, turn)
    return "/v1/agent/service/register", string.format(
        '{"ID":"svc-%d","Name":"svc-%d","Address":"10.1.0.1","Port":8080,"Tags":["v1"],"Meta":{"turn":"%d"}}',
        name, name, turn)
end

function kinds.catalog(name, turn)
    return "/v1/catalog/register", string.format(
        '{"Node":"node-%d","Address":"10.2.%d.%d","Service":{"ID":"api-%d","Service":"api-%d","Port":8080,' ..
        '"Tags":["v1"],"Meta":{"turn":"%d"}}}',
        name, math.floor(name / 250), name % 250 + 1, name, name % 100, turn)
end

local kind, first
local sent = 0

function init(args)
    kind = kinds[args[1]]
    first = tonumber(args[2])
    wrk.method = "PUT"
end

function request()
    local path, body = kind(sent % NAMES, first + math.floor(sent / NAMES))
    sent = sent + 1
    return wrk.format(nil, path, nil, body)
end
