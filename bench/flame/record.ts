// Loaded before the program of a process that is profiled (node --import): records where its CPU time goes and writes a
// .cpuprofile when it ends. Not `node --cpu-prof`: that writes nothing when a process is ended by a signal.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { basename, join } from 'node:path'

const folder = process.env['BENCH_PROFILE'] ?? '.'
const script = basename(process.argv[1] ?? 'node', '.ts')
// What is started directly below a program tells it from others of the same script: `server holon holon-unix`.
const words = [script, ...process.argv.slice(2, 4)].map((word) => word.replaceAll(/[^\w.-]/g, '').slice(0, 24))
const file = join(folder, `${words.filter(Boolean).join('-')}-${process.pid}.cpuprofile`)

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.setSamplingInterval', { interval: 500 })
session.post('Profiler.start')
process.once('exit', () => {
  session.post('Profiler.stop', (error, result) => {
    if (error === null) writeFileSync(file, JSON.stringify(result.profile))
  })
})
// Without a listener of its own the process would end without the event above.
process.once('SIGTERM', () => {
  if (process.listenerCount('SIGTERM') === 0) process.exit(0)
})
