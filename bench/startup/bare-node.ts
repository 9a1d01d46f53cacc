// The same as TypeScript: what reading types away costs a process.
process.on('disconnect', () => process.exit(0))
process.send?.({ address: null })
