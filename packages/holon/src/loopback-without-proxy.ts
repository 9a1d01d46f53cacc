const proxies = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const
const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * A proxy is for the way out. The parts of an app that ask each other by HTTP do so on this machine, where a proxy can
 * only be in the way: Node is told so in the variable that it, and most other programs, heed; the processes that this one
 * starts inherit it.
 */
export function exceptLoopbackFromProxy(environment: Record<string, string | undefined>): void {
  if (proxies.every((name) => !environment[name])) return
  // The lower case goes before the other, where both are set.
  const name = environment['no_proxy'] === undefined ? 'NO_PROXY' : 'no_proxy'
  const excepted = (environment[name] ?? '').split(',').map((part) => part.trim())
  if (excepted.includes('*')) return
  environment[name] = [...new Set([...excepted, ...loopback])].filter((part) => part !== '').join(',')
}
