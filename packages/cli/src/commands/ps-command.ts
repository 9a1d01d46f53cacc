import { dataFolderOf, findConfig } from '@holon/host'
import type { ProcessStatus, SupervisorStatus } from '@holon/supervisor'
import { plainText } from '@holon/telemetry'

import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { formatBytes, formatDuration, formatTable } from '../output/table.ts'
import { askSupervisor } from '../reach/admin-client.ts'

interface PsOptions {
  readonly config?: string
  readonly data?: string
  readonly json?: boolean
}

export async function psCommand(host: Host, { config, data, json }: PsOptions): Promise<ExitCode> {
  const folder = dataFolderOf({ ...host, chosen: data, config: findConfig(host.folder, config) })
  // What its admin server sends.
  const status = (await askSupervisor(host, folder, '/api/status')) as SupervisorStatus
  host.stdout.write(json === true ? `${JSON.stringify(status)}\n` : show(status))
  return exitCodes.ok
}

function show(status: SupervisorStatus): string {
  const rows = [
    ['NAME', 'STATE', 'PID', 'RESTARTS', 'UP', 'MEMORY', 'SERVICES', 'ADDRESS'],
    ...status.groups.flatMap(({ services, instances }) =>
      instances.map((each) => [...cells(each), services.map(({ name }) => name).join(' '), each.address ?? '–']),
    ),
    ...status.processes.map((each) => [...cells(each), '–', each.url]),
    ...(status.database ? [postgresRow(status.database)] : []),
    [
      'supervisor',
      status.state,
      String(status.pid),
      '0',
      formatDuration(status.uptimeMs),
      formatBytes(status.rssBytes),
      '–',
      status.adminUrl,
    ],
  ]
  const gateway = status.gatewayUrl === undefined ? '' : `, gateway ${status.gatewayUrl}`
  const reasons = [...status.groups.flatMap(({ instances }) => instances), ...status.processes]
    .filter(({ reason }) => reason !== undefined)
    .map(({ name, reason = '' }) => `\n${name}: ${plainText(reason)}\n`)
  const memory = status.totalBytes === undefined ? '' : `, ${formatBytes(status.totalBytes)} in all processes`
  return `${status.app}: ${status.state}${memory}${gateway}\n\n${formatTable(rows)}${reasons.join('')}`
}

function cells(each: ProcessStatus): string[] {
  const up = each.uptimeMs === undefined ? '–' : formatDuration(each.uptimeMs)
  return [each.name, each.state, String(each.pid ?? '–'), String(each.restarts), up, formatBytes(each.rssBytes)]
}

function postgresRow({ pid, rssBytes }: NonNullable<SupervisorStatus['database']>): string[] {
  return ['postgres', 'ready', String(pid), '–', '–', formatBytes(rssBytes), '–', '–']
}
