import { styleText } from 'node:util'

import type { SupervisorStatus } from '@holon/supervisor'

import { formatTable } from '../output/table.ts'

export interface StartScreenOptions {
  readonly readyMs: number
  readonly colors: boolean
  readonly development: boolean
}

type Format = Parameters<typeof styleText>[0]

/** What a person sees when everything runs: what runs where, and what to open. */
export function startScreen(status: SupervisorStatus, { readyMs, colors, development }: StartScreenOptions): string {
  const paint = (format: Format, text: string): string =>
    colors ? styleText(format, text, { validateStream: false }) : text
  const rows = [
    ...status.groups.flatMap(({ name, services, instances }) => {
      const pids = instances.map(({ pid }) => String(pid ?? '–')).join(' ')
      const reached = instances.map(({ address }) => transportOf(address)).find((way) => way !== '') ?? ''
      return services.map((service) => [service.name, name, pids, reached])
    }),
    ...status.processes.map(({ name, pid, url }) => [name, 'external', String(pid ?? '–'), url]),
    ...(status.database ? [['postgres', 'embedded', String(status.database.pid), '']] : []),
  ]
  const table = formatTable([['service', 'group', 'pid', 'reached by'], ...rows])
  const indented = table
    .trimEnd()
    .split('\n')
    .map((line, index) => `  ${index === 0 ? paint('dim', line) : line}`)
  return [
    '',
    `${paint('bold', status.app)} is ready in ${paint('green', `${(readyMs / 1_000).toFixed(1)} s`)}`,
    '',
    ...indented,
    '',
    ...linksOf(status).map(([label, url]) => `  ${paint('dim', label.padEnd(9))}${paint('cyan', url)}`),
    '',
    `  ${paint('dim', development ? 'Files are watched. Ctrl-C stops.' : 'Ctrl-C stops.')}`,
    '',
    '',
  ].join('\n')
}

function linksOf({ gatewayUrl, adminUrl }: SupervisorStatus): readonly (readonly [string, string])[] {
  const gateway: readonly (readonly [string, string])[] =
    gatewayUrl === undefined
      ? []
      : [
          ['open', `${gatewayUrl}/`],
          ['API', `${gatewayUrl}/docs`],
          ['', `${gatewayUrl}/openapi.json`],
        ]
  return [...gateway, ['status', `${adminUrl}/`]]
}

function transportOf(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('unix:') ? 'unix socket' : address
}
