/** Whether a value has fields that can be read by name: any object (a list, too), and not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
