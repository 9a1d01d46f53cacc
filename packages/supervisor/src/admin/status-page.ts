import type { GroupStatus, ProcessStatus, SupervisorStatus } from './status.ts'

/** The supervisor's page for people: what runs, where, and who calls whom. Refreshes itself. */
export function statusPage(status: SupervisorStatus, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(status.app)} · Holon</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
<main>${main(status)}</main>
<script nonce="${nonce}">${script}</script>
</html>
`
}

const script = `
const main = document.querySelector('main')
async function refresh() {
  try {
    const answer = await fetch('/', { cache: 'no-store' })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    main.replaceChildren(...page.querySelector('main').childNodes)
    main.classList.remove('lost')
  } catch { main.classList.add('lost') }
}
setInterval(() => { if (!document.hidden) refresh() }, 2000)
`

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1b2330, #e7ebf2); --soft: light-dark(#5c6879, #97a3b6);
  --line: light-dark(#dfe4ec, #2b3341); --card: light-dark(#fff, #171c25); --page: light-dark(#f5f7fa, #0f131a);
  --link: light-dark(#1f5fd0, #7fb0ff); --good: light-dark(#14804a, #4cc98a); --wait: light-dark(#a15c00, #f0b35a); --bad: light-dark(#b3261e, #ff8a80) }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem }
main.lost { opacity: .45 }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1rem; margin: 2rem 0 .6rem; color: var(--soft); font-weight: 600 }
p { margin: .2rem 0; color: var(--soft) } a { color: var(--link) }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
table { width: 100%; border-collapse: collapse } th, td { text-align: left; padding: .5rem .9rem; vertical-align: top; white-space: nowrap }
th { font-size: .8rem; color: var(--soft); font-weight: 600 } td { border-top: 1px solid var(--line) }
td.wrap { white-space: normal; min-width: 12rem } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.state::before { content: '●'; margin-right: .4rem } .ready { color: var(--good) } .starting, .restarting, .stopping { color: var(--wait) } .hung, .failed, .stopped { color: var(--bad) }
`

function main(status: SupervisorStatus): string {
  const { gatewayUrl } = status
  const links =
    gatewayUrl === undefined
      ? ''
      : `<p>${['', '/docs', '/openapi.json'].map((path) => link(`${gatewayUrl}${path}`)).join(' · ')}</p>`
  return `
<h1>${escape(status.app)}</h1>
<p>${stateOf(status.state)} · supervisor ${status.pid} · up ${duration(status.uptimeMs)} · ${megabytes(status.totalBytes)} in all processes</p>
${links}
<h2>Services</h2>
${table(['Service', 'Runs in', 'State', 'Calls'], serviceRows(status.groups))}
<h2>Processes</h2>
${table(['Process', 'State', 'Pid', 'Memory', 'Up', 'Restarts', 'Address'], processRows(status))}`
}

function serviceRows(groups: readonly GroupStatus[]): string[][] {
  return groups.flatMap((group) =>
    group.services.map(({ name, uses }) => [
      escape(name),
      escape(group.name),
      group.instances.map(({ state }) => stateOf(state)).join(' '),
      uses.map(escape).join(', ') || '–',
    ]),
  )
}

function processRows(status: SupervisorStatus): string[][] {
  const row = (process: ProcessStatus, address: string): string[] => [
    escape(process.name),
    stateOf(process.state) + (process.reason === undefined ? '' : `<br>${escape(process.reason)}`),
    String(process.pid ?? '–'),
    megabytes(process.rssBytes),
    process.uptimeMs === undefined ? '–' : duration(process.uptimeMs),
    String(process.restarts),
    address,
  ]
  const { database } = status
  return [
    ...status.groups.flatMap(({ instances }) => instances.map((each) => row(each, escape(each.address ?? '–')))),
    ...status.processes.map((each) => row(each, escape(each.url))),
    ...(database === undefined
      ? []
      : [['postgres', stateOf('ready'), String(database.pid), megabytes(database.rssBytes), '–', '–', '–']]),
  ]
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th>${text}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')
  return `<div class="table"><table><tr>${head}</tr>\n${body}</table></div>`
}

function stateOf(state: string): string {
  return `<span class="state ${escape(state)}">${escape(state)}</span>`
}

function link(url: string): string {
  return `<a href="${escape(url)}">${escape(url)}</a>`
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '–' : `${Math.round(bytes / 1e6)} MB`
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
