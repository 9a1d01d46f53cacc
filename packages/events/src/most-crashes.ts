/**
 * How many counted tries of one message, or of one run of a schedule, may end their process, even if more would be allowed:
 * each time everything else in the process stops, too. Not fewer, because a process may be ended from outside while it
 * happens to be at something innocent.
 */
export const mostCrashes = 3
