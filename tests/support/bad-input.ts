import { connect } from 'node:net'

import { type Probe, type ProbedOperation, probesOf } from './bad-input-probes.ts'
import type { OpenApi } from './sample-input.ts'

/** What {@link probeBadInput} asks. */
export interface BadInputTarget {
  /** Where the server listens; the document's paths are relative to it. */
  readonly baseUrl: string
  /** The OpenAPI document of everything that is to be probed. */
  readonly document: OpenApi
  /** A good bearer token, for the operations that need one. */
  readonly token?: string
  /** The largest body that the server accepts. Default: 1 MiB. */
  readonly maxBodyBytes?: number
}

/** What came of the probes. */
export interface BadInputReport {
  /** How many requests were sent. */
  readonly probes: number
  /** One line for each that was not refused as it should be; empty when all is well. */
  readonly complaints: readonly string[]
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly allow: string | null
  readonly text: string
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const atOnce = 8

/**
 * Sends every operation of an OpenAPI document requests with one thing wrong in each: types, missing fields, malformed,
 * giant and deeply nested bodies, bad UTF-8, bad tokens, unknown parameters, routes and methods. Each must be answered
 * with a 4xx problem document (RFC 9457) that says what is wrong and shows nothing of the inside.
 */
export async function probeBadInput(target: BadInputTarget): Promise<BadInputReport> {
  const { document, token, maxBodyBytes = 1024 * 1024 } = target
  const headers = { accept: '*/*', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const operations: readonly ProbedOperation[] = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const upper = method.toUpperCase()
      return { document, template, method: upper, operation, headers, maxBodyBytes }
    }),
  )
  const named = operations.flatMap((probed) =>
    probesOf(probed).map((probe) => ({ place: `${probed.method} ${probed.template}`, probe })),
  )
  const probes = [
    ...named,
    ...routeProbes(document, headers).map((probe) => ({ place: `${probe.method} ${probe.path}`, probe })),
  ]
  const complaints: string[] = []
  const queue = probes.values()
  const worker = async (): Promise<void> => {
    for (const { place, probe } of queue) {
      const complaint = complaintAbout(probe, await answerTo(probe, target.baseUrl))
      if (complaint !== undefined) complaints.push(`${place}: ${probe.name}: ${complaint}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { probes: probes.length, complaints }
}

/** Paths that nobody knows, and methods that a path does not know. */
function routeProbes(document: OpenApi, headers: Probe['headers']): readonly Probe[] {
  const templates = Object.keys(document.paths)
  const unknown = [
    '/nonsense/nowhere',
    '/..%2f..%2fetc/passwd',
    ...templates.map((template) => `${template.replaceAll(/[{}]/g, '')}/nowhere/x`),
  ]
  const probes: Probe[] = unknown.map((path) => ({
    name: 'an unknown path',
    method: 'GET',
    path,
    headers,
    expected: [404],
  }))
  for (const template of templates) {
    const path = template.replaceAll(/\{[^}]*\}/g, '7')
    const known = templates
      .filter((other) => new RegExp(`^${other.replaceAll('.', '\\.').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`).test(path))
      .flatMap((other) => Object.keys(document.paths[other] ?? {}).map((method) => method.toUpperCase()))
    for (const method of methods.filter((candidate) => !known.includes(candidate)))
      probes.push({ name: 'an unknown method', method, path, headers, expected: [405] })
  }
  return probes
}

async function answerTo(probe: Probe, baseUrl: string): Promise<Answer> {
  if (probe.announcedBytes !== undefined) return answerToAnnounced(probe, probe.announcedBytes, baseUrl)
  const { method, path, headers, body } = probe
  const response = await fetch(baseUrl + path, {
    method,
    headers: { ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
    ...(body !== undefined && { body }),
  })
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    allow: response.headers.get('allow'),
    text: await response.text(),
  }
}

/** Reads what a server answers to the mere announcement of a body: sending all of it would race with the answer. */
function answerToAnnounced({ method, path, headers, body }: Probe, bytes: number, baseUrl: string): Promise<Answer> {
  const { hostname, port } = new URL(baseUrl)
  const lines = Object.entries({ ...headers, host: hostname, 'content-length': String(bytes), connection: 'close' })
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  return new Promise((done, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\n\r\n`)
      if (body !== undefined) socket.write(body)
    })
    let received = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error(`${method} ${path}: no answer within 20 s.`)))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8')
      const [responseHead = '', text = ''] = received.split('\r\n\r\n')
      const length = Number(/^content-length: (\d+)/im.exec(responseHead)?.[1] ?? Infinity)
      if (Buffer.byteLength(text) < length) return
      socket.destroy()
      const contentType = /^content-type: (.*)$/im.exec(responseHead)?.[1]?.trim() ?? ''
      done({ status: Number(responseHead.split(' ')[1]), contentType, allow: null, text })
    })
  })
}

function complaintAbout({ expected, path }: Probe, { status, contentType, allow, text }: Answer): string | undefined {
  if (!expected.includes(status)) return `${status} instead of ${expected.join(' or ')}: ${text.slice(0, 300)}`
  if (contentType !== 'application/problem+json') return `${status}, but as '${contentType}'`
  const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
  for (const member of ['type', 'title', 'detail', 'code', 'instance', 'traceId'])
    if (typeof problem[member] !== 'string' || problem[member] === '') return `the problem document has no ${member}`
  if (problem['status'] !== status)
    return `the problem document says ${String(problem['status'])}, the response ${status}`
  if (problem['instance'] !== path.split('?')[0])
    return `the problem document's instance is ${String(problem['instance'])}`
  if (status === 405 && allow === null) return '405 without Allow'
  if (/node_modules|\.[jt]s:\d+|\bat [\w.]+ \(/.test(text)) return `it shows the inside: ${text.slice(0, 300)}`
  return undefined
}
