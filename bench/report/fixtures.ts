import type { Measurement, SuiteResult } from '../harness/result.ts'

/** A result as the rpc suite stores it, with rounds chosen by the test. */
export function resultOf(measurements: readonly Partial<Measurement>[], more: Partial<SuiteResult> = {}): SuiteResult {
  return {
    format: 1,
    suite: 'rpc',
    quick: false,
    rounds: 3,
    startedAt: '2026-11-20T10:00:00.000Z',
    finishedAt: '2026-11-20T10:30:00.000Z',
    machine: { cpu: 'Test', cores: 2, memoryGb: 8, kernel: 'Linux', os: 'Debian', node: 'v24.0.0', pinned: true },
    command: ['rpc'],
    commit: { id: '0123456789abcdef', dirty: false },
    versions: { holon: '0.1.0', '@grpc/grpc-js': '1.14.7' },
    method: ['Closed loop.'],
    notMeasured: ['A real network.'],
    variants: [
      { name: 'raw-unix', title: 'Raw echo' },
      { name: 'holon-unix', title: 'Holon', note: 'everything | on' },
      { name: 'grpc-js', title: 'grpc-js' },
    ],
    cells: [{ name: 'get-64', title: 'Unary, 64 in flight' }],
    failures: [],
    missing: [],
    ...more,
    measurements: measurements.map((one, index) => ({
      variant: 'holon-unix',
      cell: 'get-64',
      round: index + 1,
      at: '2026-11-20T10:00:00.000Z',
      figures: {},
      errors: 0,
      canaryMs: 10,
      foreignCores: 0,
      disturbed: false,
      ...one,
    })),
  }
}
