/** Where the suite has started nats-server; peers get it through the environment. */
export const natsUrl: string = process.env['BENCH_NATS'] ?? '127.0.0.1:4222'
