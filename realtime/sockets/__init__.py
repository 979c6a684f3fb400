"""The sockets: one hub a process, one room a shop, one wire a socket. Protocol: docs/events.md."""
