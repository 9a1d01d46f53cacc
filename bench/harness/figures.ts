/** How a figure is called and printed. */
export interface FigureInfo {
  readonly title: string
  readonly better: 'more' | 'less'
  readonly print: (value: number) => string
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const short = (value: number): string => (value >= 100 ? whole(value) : value.toPrecision(value >= 10 ? 3 : 2))
const thousands = (value: number): string =>
  value < 1000 ? short(value) : value < 10_000 ? `${(value / 1000).toFixed(1)} k` : `${whole(value / 1000)} k`
const megabytes = (value: number): string => whole(value / 1e6)

/** Every figure that a suite may measure. Times in µs unless the name says otherwise, sizes in bytes. */
export const figures: Readonly<Record<string, FigureInfo>> = {
  callsPerS: { title: 'calls/s', better: 'more', print: thousands },
  requestsPerS: { title: 'requests/s', better: 'more', print: thousands },
  eventsPerS: { title: 'events/s', better: 'more', print: thousands },
  itemsPerS: { title: 'items/s', better: 'more', print: thousands },
  bytesPerS: { title: 'MB/s', better: 'more', print: megabytes },
  p50Us: { title: 'p50 µs', better: 'less', print: short },
  p99Us: { title: 'p99 µs', better: 'less', print: short },
  maxUs: { title: 'longest µs', better: 'less', print: short },
  p50Ms: { title: 'p50 ms', better: 'less', print: short },
  p99Ms: { title: 'p99 ms', better: 'less', print: short },
  cpuUs: { title: 'CPU µs each, all', better: 'less', print: short },
  serverCpuUs: { title: 'CPU µs, server', better: 'less', print: short },
  clientCpuUs: { title: 'CPU µs, client', better: 'less', print: short },
  gatewayCpuUs: { title: 'CPU µs, gateway', better: 'less', print: short },
  upstreamCpuUs: { title: 'CPU µs, upstream', better: 'less', print: short },
  cpuMs: { title: 'CPU ms per request', better: 'less', print: short },
  brokerCpuUs: { title: 'CPU µs, broker', better: 'less', print: short },
  serverRssBytes: { title: 'server MB', better: 'less', print: megabytes },
  clientRssBytes: { title: 'client MB', better: 'less', print: megabytes },
  rssBytes: { title: 'RSS MB, all', better: 'less', print: megabytes },
  pssBytes: { title: 'PSS MB, all', better: 'less', print: megabytes },
  processes: { title: 'processes', better: 'less', print: whole },
  startMs: { title: 'ready after ms', better: 'less', print: whole },
  ns: { title: 'ns per call', better: 'less', print: short },
}

/** @throws TypeError for a name that is not in the list. */
export function figureInfo(name: string): FigureInfo {
  const info = figures[name]
  if (info === undefined) throw new TypeError(`There is no figure '${name}'; add it to harness/figures.ts.`)
  return info
}
