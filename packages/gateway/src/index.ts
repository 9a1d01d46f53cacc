export type { Readiness } from './health-routes.ts'
export { edgeProblems, type EdgeProblemName, type Problem, type ProblemKind, problemKinds } from './problem.ts'
export { type Gateway, type GatewayOptions, startGateway } from './start-gateway.ts'
