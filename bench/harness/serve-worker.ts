/** Runs a process that the suite waits for: tells what `serve` resolves to, or why it failed, and ends with the suite. */
export async function serveWorker(serve: () => Promise<unknown>): Promise<void> {
  process.on('disconnect', () => process.exit(0))
  try {
    process.send?.({ address: (await serve()) ?? null })
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
