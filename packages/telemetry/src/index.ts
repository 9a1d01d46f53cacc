export { limitRepeats, type RepeatLimits } from './limit-repeats.ts'
export { createLogObserver, type LogObserver, type LogObserverOptions } from './log-observer.ts'
export { isLogLevel, type LogLevel, logLevels } from './log-level.ts'
export { formatLogLine, type LineStyle, plainText } from './pretty-line.ts'
