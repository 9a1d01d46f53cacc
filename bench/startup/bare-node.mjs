// Node with nothing in it, and an IPC channel as all the others have: what every process pays.
process.on('disconnect', () => process.exit(0))
process.send?.({ address: null })
