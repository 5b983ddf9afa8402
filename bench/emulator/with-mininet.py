"""Brings a shape up with Mininet, as its users would: reads the shape as JSON from standard input, prints the times as JSON.

Nodes are Mininet's own (a shell each), links are its veth links. Its usual switch needs a daemon or a second program, so the bridge is a
Node that is told the commands for one.
"""

import json
import sys
import time

started = time.time()

from mininet.log import setLogLevel  # noqa: E402
from mininet.net import Mininet  # noqa: E402
from mininet.node import Node  # noqa: E402


def commands(node):
    """What a node is told in one go, as a shell would read it."""
    config = node["config"]
    for path, value in config.get("sysctls", {}).items():
        yield f"echo {value} >/proc/sys/{path}"
    for bridge in config.get("bridges", []):
        yield f"ip link add {bridge['name']} type bridge"
        yield f"ip link set {bridge['name']} up"
        for port in bridge["ports"]:
            yield f"ip link set {port} master {bridge['name']}"
    for address in config.get("addresses", []):
        yield f"ip address add {address['address']} dev {address['interface']}"
    for route in config.get("routes", []):
        yield f"ip route add {route['to']} via {route['via']}"


def main():
    shape = json.load(sys.stdin)
    setLogLevel("error")
    begin = time.time()
    net = Mininet(controller=None, build=False)
    nodes = {node["name"]: net.addHost(node["name"], cls=Node, ip=None) for node in shape["topology"]["nodes"]}
    for link in shape["topology"]["links"]:
        near, far = link["endpoints"]
        net.addLink(nodes[near["node"]], nodes[far["node"]], intfName1=near["interface"], intfName2=far["interface"])
    net.build()
    for node in shape["topology"]["nodes"]:
        nodes[node["name"]].cmd("; ".join(commands(node)))
    up = time.time()
    answer = nodes[shape["from"]].cmd(f"ping -q -c1 -W2 -t255 {shape['to']}")
    answered = time.time()
    net.stop()
    ended = time.time()
    if " 0% packet loss" not in answer:
        sys.exit(f"no answer: {answer}")
    times = {"startMs": begin - started, "upMs": up - begin, "pingMs": answered - up, "downMs": ended - answered}
    print(json.dumps({name: value * 1000 for name, value in times.items()}))


main()
