// The in-process variants of the rpc suite: nanoseconds of one awaited call.
import { startNode } from '../harness/processes.ts'
import type { CellInfo } from '../harness/result.ts'
import type { Job, Recorder, Settings, Variant } from '../harness/suite.ts'

export const inProcessCell: CellInfo = { name: 'in-process', title: 'In one process, one call after the other' }

const everything = 'validated copies of input and output; deadline, trace, identity'

const cases = [
  { name: 'plain', title: 'Plain async function call', note: 'shares objects' },
  { name: 'holon', title: 'Holon, service to service, sync handler', note: everything },
  { name: 'holon-async', title: 'Holon, service to service, async handler', note: everything },
  { name: 'holon-edge', title: 'Holon, outside caller, sync handler', note: everything },
  { name: 'moleculer', title: 'Moleculer, local call', note: 'shares objects, no validation' },
  { name: 'moleculer-checked', title: 'Moleculer, local call, its validator', note: 'shares objects, validates input' },
]

function job(name: string): Job {
  const run = async (recorder: Recorder, settings: Settings): Promise<void> => {
    const worker = startNode('rpc/in-process.ts', { core: 1, args: [name] })
    try {
      await worker.next()
      await recorder.measure(
        inProcessCell.name,
        () => [worker.pid],
        async () => {
          worker.send({ windowMs: settings.windowMs / 2 })
          const { ns } = await worker.next<{ readonly ns: number }>()
          return { figures: { ns }, errors: 0 }
        },
      )
    } finally {
      await worker.stop()
    }
  }
  return { cells: [inProcessCell.name], run }
}

export const inProcessVariants: readonly Variant[] = cases.map(({ name, title, note }) => ({
  name: `in-process-${name}`,
  title,
  note,
  jobs: [job(name)],
}))
