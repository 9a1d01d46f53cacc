import { formatAddress } from '@holon/rpc/network'

import type { InstanceGroup, Replica } from '../fleet/instance-group.ts'
import type { OpenRun } from '../open-run.ts'
import type { AnyKeptProcess } from '../process/kept-process.ts'
import type { KeptState } from '../process/kept-state.ts'
import { residentBytes, sharedBytes } from '../process/process-memory.ts'
import type { GroupStatus, InstanceStatus, ProcessState, ProcessStatus, SupervisorStatus } from './status.ts'

const states: { readonly [phase in KeptState<unknown>['phase']]: ProcessState } = {
  idle: 'stopped',
  starting: 'starting',
  failing: 'starting',
  running: 'ready',
  hung: 'hung',
  'backing-off': 'restarting',
  halted: 'failed',
  stopping: 'stopping',
}

export interface StatusSource {
  readonly state: SupervisorStatus['state']
  readonly pid: number
  readonly uptimeMs: number
  /** Undefined while it is being opened. */
  readonly open: OpenRun | undefined
}

/** The state of everything, with the memory each process takes now. */
export async function supervisorStatus(source: StatusSource): Promise<SupervisorStatus> {
  const { open, pid } = source
  const groups = open?.fleet.groups ?? []
  const externals = open?.fleet.externals ?? []
  const databasePid = open?.database.pid
  const kept = [...groups.flatMap(({ replicas }) => replicas), ...externals]
  const pids = [pid, open?.guardian.pid, ...kept.map((each) => each.kept.pid)].filter((each) => each !== undefined)
  const [rss, totalBytes] = await Promise.all([
    residentBytes(databasePid === undefined ? pids : [...pids, databasePid]),
    sharedBytes(pids),
  ])
  return {
    app: open?.app.name ?? '',
    state: source.state,
    pid,
    uptimeMs: Math.round(source.uptimeMs),
    rssBytes: rss.get(pid),
    totalBytes,
    adminUrl: open?.admin.url ?? '',
    gatewayUrl: open?.fleet.gatewayUrl,
    groups: groups.map((group) => groupStatus(group, rss)),
    processes: externals.map(({ name, url, kept }) => ({ ...processStatus(name, kept, rss), url })),
    database: databasePid === undefined ? undefined : { pid: databasePid, rssBytes: rss.get(databasePid) },
  }
}

function groupStatus(group: InstanceGroup, rss: ReadonlyMap<number, number>): GroupStatus {
  const uses = new Map(
    group.listings().flatMap(({ services }) => services.map((each) => [each.name, each.uses] as const)),
  )
  return {
    name: group.name,
    services: group.plan.services.map((name) => ({ name, uses: uses.get(name) ?? [] })),
    instances: group.replicas.map((replica) => instanceStatus(replica, rss)),
  }
}

function instanceStatus({ name, kept, process }: Replica, rss: ReadonlyMap<number, number>): InstanceStatus {
  const { state } = kept
  return {
    ...processStatus(name, kept, rss),
    instance: process?.instance,
    address: state.phase === 'running' ? formatAddress(state.result.address) : undefined,
  }
}

function processStatus(name: string, kept: AnyKeptProcess, rss: ReadonlyMap<number, number>): ProcessStatus {
  const { state, pid, restarts, uptimeMs, isSilent } = kept
  return {
    name,
    state: isSilent ? 'hung' : states[state.phase],
    pid,
    restarts,
    uptimeMs: uptimeMs === undefined ? undefined : Math.round(uptimeMs),
    rssBytes: pid === undefined ? undefined : rss.get(pid),
    reason: 'reason' in state ? state.reason : undefined,
  }
}
