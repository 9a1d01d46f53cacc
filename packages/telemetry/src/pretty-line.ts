import { stripVTControlCharacters, styleText } from 'node:util'

import { isRecord } from '@holon/contract'

/** How lines for people look. */
export interface LineStyle {
  readonly colors: boolean
  /** Name in front of lines that name no service themselves. */
  readonly source?: string
  /** Width of the name's column. Default 10. */
  readonly width?: number
}

type Format = Parameters<typeof styleText>[0]

const levelFormats: { readonly [level: string]: Format } = {
  debug: 'dim',
  info: 'reset',
  warn: 'yellow',
  error: 'red',
}

// No red and yellow: they mean trouble.
const nameFormats: readonly Format[] = [
  'cyan',
  'magenta',
  'green',
  'blue',
  'cyanBright',
  'magentaBright',
  'greenBright',
]

/**
 * One log line for people, without its line feed: `12:34:56 orders     message  field=value`, and errors indented
 * below. A line that is not one of Holon's JSON lines (the program's own `console.log`) passes as it is, with the name
 * in front.
 */
export function formatLogLine(text: string, style: LineStyle): string {
  const record = parseRecord(text)
  if (record === undefined) return `${nameColumn(style.source ?? '', style)} ${plainText(text.trimEnd())}`
  const paint = painter(style.colors)
  const level = textOf(record['level'])
  const name = typeof record['service'] === 'string' ? record['service'] : (style.source ?? '')
  const message = paint(levelFormats[level] ?? 'reset', plainText(textOf(record['msg'])))
  const loud =
    level === 'warn' || level === 'error' ? `${paint(levelFormats[level] ?? 'reset', level.toUpperCase())} ` : ''
  const details = paint('dim', detailsOf(record))
  const head = `${paint('dim', clockOf(record['time']))} ${nameColumn(name, style)} ${loud}${message}${details}`
  const error = showError(record['error'], '  ')
  return error === '' ? head : `${head}\n${paint('dim', error)}`
}

/** Text that can do nothing to a terminal: no escape sequences, no control characters but tab and line feed. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

function painter(colors: boolean): (format: Format, text: string) => string {
  // The caller has decided about colours; styleText must not look at this process's own stream again.
  return (format, text) => (colors && text !== '' ? styleText(format, text, { validateStream: false }) : text)
}

function nameColumn(name: string, { colors, width = 10 }: LineStyle): string {
  const shown = plainText(name)
  let hash = 0
  for (const character of shown) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return painter(colors)(nameFormats[hash % nameFormats.length] ?? 'cyan', shown.padEnd(width))
}

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && 'level' in value && 'msg' in value ? value : undefined
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The local time of day. */
function clockOf(time: unknown): string {
  return typeof time === 'number' ? new Date(time).toTimeString().slice(0, 8) : '        '
}

function detailsOf(record: Readonly<Record<string, unknown>>): string {
  const parts: string[] = []
  if (typeof record['durationMs'] === 'number') parts.push(`${record['durationMs'].toFixed(1)}ms`)
  if (typeof record['code'] === 'string') parts.push(record['code'])
  for (const [name, value] of Object.entries(isRecord(record['fields']) ? record['fields'] : {}))
    parts.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  if (typeof record['traceId'] === 'string') parts.push(`trace=${record['traceId'].slice(0, 8)}`)
  return parts.length === 0 ? '' : plainText(`  ${parts.join(' ')}`)
}

function showError(error: unknown, indent: string): string {
  if (!isRecord(error)) return ''
  const { type, message, stack, fields, cause, errors } = error
  const own = isRecord(fields) ? ` ${JSON.stringify(fields)}` : ''
  const lines = [`${textOf(type)}: ${textOf(message)}${own}`, ...(typeof stack === 'string' ? stack.split('\n') : [])]
  const shown = lines.filter((line) => line.trim() !== '').map((line) => `${indent}${plainText(line)}`)
  const deeper = `${indent}  `
  const gathered = Array.isArray(errors) ? errors : []
  const below = [['caused by', cause] as const, ...gathered.map((one: unknown) => ['gathered', one] as const)].flatMap(
    ([what, one]) => (isRecord(one) ? [`${indent}${what}`, showError(one, deeper)] : []),
  )
  return [...shown, ...below].join('\n')
}
