// What Linux says about processes, read from outside of them.
import { readdirSync, readFileSync } from 'node:fs'

/** CPU time and memory of some processes and all they have started, at one moment. */
export interface Usage {
  readonly cpuUs: number
  readonly rssBytes: number
  /** Memory with what is shared divided by how many share it: adds up over processes. */
  readonly pssBytes: number
  readonly processes: number
}

/** One tick of /proc/<pid>/stat: 10 ms on every Linux that people run. */
const tickUs = 10_000

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // The process has ended meanwhile.
  }
}

/** A process and all its descendants. */
export function familyOf(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap((child) => familyOf(child))]
}

/** When a process started, in ticks since boot; '' when there is none. Number and start name a process for good. */
export function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/**
 * User and system time of a process; with `reaped` also that of its ended children. /proc/<pid>/stat counts in ticks but
 * knows ended threads; the threads' schedstat counts in ns: the larger of the two is nearer to the truth.
 */
export function cpuUsOf(pid: number, reaped = false): number {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const sum = (indices: readonly number[]): number =>
    indices.reduce((total, index) => total + Number(fields[index] ?? 0), 0) * tickUs
  const threadsUs = listFolder(`/proc/${pid}/task`).reduce((total, thread) => {
    return total + Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ', 1)[0] ?? 0) / 1000
  }, 0)
  return Math.max(sum([11, 12]), threadsUs) + (reaped ? sum([13, 14]) : 0)
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return [] // The process has ended meanwhile.
  }
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024
}

export interface UsageOptions {
  /** Costs a walk over the page tables. Default true. */
  readonly memory?: boolean
  /** Processes that do not count, nor their descendants. */
  readonly without?: readonly number[]
}

/** Reads the usage of the named processes and their descendants. */
export function usageOf(pids: readonly number[], { memory = true, without = [] }: UsageOptions = {}): Usage {
  const left = new Set(without.flatMap((pid) => familyOf(pid)))
  const all = pids.flatMap((pid) => familyOf(pid)).filter((pid) => !left.has(pid))
  const rollups = memory ? all.map((pid) => read(`/proc/${pid}/smaps_rollup`)) : []
  return {
    cpuUs: all.reduce((sum, pid) => sum + cpuUsOf(pid), 0),
    rssBytes: rollups.reduce((sum, text) => sum + kilobytes(text, 'Rss'), 0),
    pssBytes: rollups.reduce((sum, text) => sum + kilobytes(text, 'Pss'), 0),
    processes: all.length,
  }
}

/**
 * CPU time that all processes of the machine have used, and what the host took away. Interrupts are left out: they are
 * of the packets of whoever is measured.
 */
export function machineCpuUs(): number {
  const [, user, nice, system, , , , , steal] = read('/proc/stat').split('\n', 1)[0]?.split(/\s+/) ?? []
  return [user, nice, system, steal].reduce((sum, ticks) => sum + Number(ticks ?? 0), 0) * tickUs
}
