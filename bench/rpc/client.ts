// A process that calls one peer, a cell at a time: node rpc/client.ts <module> <peer> <address as JSON>
import { once } from 'node:events'

import { closedLoop, type LoopResult } from '../harness/closed-loop.ts'
import { loadPeer } from './peer-module.ts'
import { verify } from './verify.ts'
import { idOf, type Product, queryOf, type RpcClient } from './workload.ts'

/** A cell, as the suite asks for it. */
export type Task =
  | { readonly kind: 'get'; readonly inFlight: number; readonly warmUpMs: number; readonly windowMs: number }
  | {
      readonly kind: 'document'
      readonly bytes: number
      readonly inFlight: number
      readonly warmUpMs: number
      readonly windowMs: number
    }
  | {
      /** Small calls, one in flight, while answers of `bytes` travel over the same connection. */
      readonly kind: 'beside'
      readonly bytes: number
      readonly warmUpMs: number
      readonly windowMs: number
    }
  | { readonly kind: 'changes'; readonly count: number }

/** `edge`: the window begins or ends; the process waits for any message. `result`: the end. */
export type Report =
  | { readonly edge: 'begin' | 'end' }
  | { readonly result: Omit<LoopResult, 'calls'> & { readonly calls: number } }
  | { readonly ready: true }

const [, , module = '', name = '', address = 'null'] = process.argv
process.on('disconnect', () => process.exit(0))

function tell(report: Report | { readonly failed: string }): void {
  process.send?.(report)
}

async function onEdge(edge: 'begin' | 'end'): Promise<void> {
  tell({ edge })
  await once(process, 'message')
}

async function readStream(client: RpcClient, count: number): Promise<LoopResult> {
  if (!client.changes) throw new Error('this peer has no stream')
  let seen = 0
  let errors = 0
  const look = ({ stock }: { readonly stock: number }): void => {
    if (stock !== undefined && stock !== seen) errors++
    seen++
  }
  await client.changes(Math.ceil(count / 10), look)
  seen = 0
  await onEdge('begin')
  const started = performance.now()
  await client.changes(count, look)
  const seconds = (performance.now() - started) / 1000
  await onEdge('end')
  if (seen !== count) errors++
  return {
    calls: seen,
    errors,
    firstError: errors > 0 ? 'items lost or out of order' : undefined,
    seconds,
    p50Us: 0,
    p99Us: 0,
    maxUs: 0,
  }
}

function run(client: RpcClient, bare: boolean, task: Task): Promise<LoopResult> {
  if (task.kind === 'changes') return readStream(client, task.count)
  if (task.kind === 'get') {
    const call = (n: number): Promise<Product> => client.get(queryOf(n))
    const check = ({ id }: Product, n: number): void => {
      if (id !== idOf(n)) throw new Error(`the answer of another call: ${id} for ${idOf(n)}`)
    }
    return closedLoop({ call, check: bare ? () => {} : check }, { ...task, onEdge })
  }
  if (task.kind === 'beside') return runBeside(client, bare, task)
  const { document } = client
  if (!document) throw new Error('this peer has no documents')
  const check = ({ length }: string): void => {
    if (length !== task.bytes) throw new Error(`${length} bytes instead of ${task.bytes}`)
  }
  return closedLoop({ call: () => document(task.bytes), check }, { ...task, onEdge })
}

async function runBeside(
  client: RpcClient,
  bare: boolean,
  { bytes, warmUpMs, windowMs }: Extract<Task, { kind: 'beside' }>,
): Promise<LoopResult> {
  const large = { stopped: false, carried: 0 }
  const carry = async (): Promise<void> => {
    while (!large.stopped) {
      const length = (await client.document?.(bytes))?.length
      if (length !== bytes) throw new Error(`${length} bytes instead of ${bytes}`)
      large.carried++
    }
  }
  const carrying = carry()
  const result = await run(client, bare, { kind: 'get', inFlight: 1, warmUpMs, windowMs })
  large.stopped = true
  await carrying
  return large.carried > 1 ? result : { ...result, errors: 1, firstError: 'hardly a large answer came meanwhile' }
}

try {
  const peer = await loadPeer(module, name)
  // What its `serve` told, or null: each peer knows the form of its own address.
  const client = await peer.connect(JSON.parse(address) as never)
  await verify(client, peer.bare === true)
  tell({ ready: true })
  for (;;) {
    const [task] = (await once(process, 'message')) as [Task]
    tell({ result: await run(client, peer.bare === true, task) })
  }
} catch (error) {
  tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
