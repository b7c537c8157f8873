/**
 * What docs/troubleshooting.md says of each error code besides the sentence of the code's own table: how it comes, and
 * what to do. `generated/errors.mjs` fails when a code of the source is not here, or one of here is not in the source.
 */

/** @type {Record<string, { says?: string, why: string, mend: string }>} */
export const REFUSALS = {
  InvalidArgument: {
    why: 'A call of the SDK, a message or a command was given something that it does not take. The callee did not run.',
    mend: 'The message names the parameter, what was found and what is allowed. A payload that is neither text nor bytes needs `JSON.stringify`; an `invokerContext` is base64 of a JSON object.',
  },
  ServiceNotFound: {
    why: 'The configuration that the host runs has no such service; names are case-sensitive.',
    mend: 'The message offers the nearest names. `edgefc status` lists the functions that the running host has; after a change of the configuration restart it.',
  },
  FunctionNotFound: {
    why: 'The service is there, the function is not; or the text is a `functionId` that nobody has. In a test: it is neither real nor faked.',
    mend: 'As for `ServiceNotFound`. In a test add it to `functions` or `fakes`.',
  },
  InvocationNotFound: {
    why: 'The id is wrong, belongs to another data directory, or the invocation ended longer ago than it is kept: 24 h for what succeeded or was stopped, 30 days for dead letters, by default.',
    mend: 'Look with `edgefc async list` and `edgefc dead-letters list`, with the `--data-dir` of that host. `limits.results` and `limits.deadLetters` say how long is kept.',
  },
  InvocationEnded: {
    why: '`stopInvocation` or `edgefc async stop` came when the work was over.',
    mend: 'Nothing. `getInvocation` says how it ended.',
  },
  EntityTooLarge: {
    why: 'A payload, a result or a message has more bytes than its limit.',
    mend: 'Send less (a file name in place of a file), or raise `limits.syncPayload` or `limits.asyncPayload`. For a list on the command line: a smaller `--limit`.',
  },
  ResourceExhausted: {
    why: 'A bound was reached: `maxQueue` calls wait for the function already; or, for Async work and messages, `limits.maxQueueBytes` are waiting or less than `limits.minFreeDisk` is free. Nothing that was accepted before is lost.',
    mend: 'Try again later (`retryable` is true). See `edgefc status` for what waits. More `maxInstances` or `instanceConcurrency` drain a queue faster; what has died takes space until it is purged.',
  },
  DeadlockDetected: {
    why: 'The functions call one another in a circle, and every instance that could answer waits for this very call. The message has the chain.',
    mend: 'Raise `maxInstances` or `instanceConcurrency` of a function in the chain, make one of the calls Async, or take the circle out.',
  },
  DeadlineExceeded: {
    why: 'Nobody answered in the time that the call had: its own `timeout`, or the callee’s `timeout` and `maxQueueWait`, and never more than its caller has left. The message says whether it was waiting or running, and which deadline it was. For `waitForInvocation`: the work is not over, and goes on.',
    mend: 'If it waited: more instances, or fewer calls. If it ran: a longer `timeout`. A handler that calls others needs a longer `timeout` than they.',
  },
  Cancelled: {
    why: 'The `signal` of the call was aborted, or the instance that made the call has ended.',
    mend: 'Nothing, if that was meant. An instance that ended says why in the log.',
  },
  Stopping: {
    why: 'The host is being stopped or restarted. What was accepted stays in the queue.',
    mend: 'Try again when it is back (`retryable` is true).',
  },
  NoHost: {
    why: 'The SDK was used outside of a function (a script, a test without a test host), a handler’s file was run with `node`, or the command found a host that does not answer.',
    mend: 'Call functions with `edgefc invoke`, or in a test with `createTestHost`. If a host should run: `edgefc status`, then `edgefc start`.',
  },
  NotImplemented: {
    why: 'The methods for things (`getThingProperties` and the like) and `FCClient({ endpoint })` are not in this release; or the host is older than the SDK and does not know the method.',
    mend: 'Update the host, or do without. `docs/contract.md` lists what is built and what is planned.',
  },
};

/** @type {typeof REFUSALS} */
export const UNHANDLED = {
  Timeout: {
    why: 'The handler ran longer than `timeout`. The message says so when it has returned nothing and never called `callback`: then it is not `async`, or one of its branches forgets to answer.',
    mend: 'Answer on every path; raise `timeout`; stop early by `context.signal` and `context.getRemainingTimeInMillis()`. Fast and only now and then: something that it awaits has no timeout of its own.',
  },
  Exit: {
    why: '`process.exit` in the function or a package of it, a signal, or a crash in native code. The instance is replaced.',
    mend: 'Throw in place of `process.exit`. The log has what the process wrote last; the message has the exit code or the signal.',
  },
  OutOfMemory: {
    why: 'Heap and external memory together were more than `memorySize`.',
    mend: 'Raise `memorySize`, or hold less: module variables live as long as the instance. With `instanceConcurrency` several invocations share it.',
  },
  Uncaught: {
    why: 'An error was thrown where no handler could catch it: in a timer, an event listener, a promise that nobody awaits, a callback of `invokeFunction`.',
    mend: "Await every promise, listen to `error` events. For code that was written for Node 12 and older `onUnhandledRejection: 'warn'` only logs rejections.",
  },
  InitError: {
    why: 'The `initializer` threw, called back with an error, or took longer than `initializationTimeout`. The next invocation tries again.',
    mend: 'The message has its error. Do not wait there for something that may be away for long.',
  },
  LoadError: {
    why: 'The file of the handler is not there, does not export the name, has a syntax error, throws at its top level, requires what is not installed, or its process ended before it was ready.',
    mend: 'The message says which. `edgefc check` loads every handler without running one. TypeScript: types are stripped, so enums, namespaces and parameter properties do not work; imports carry the extension `.ts`.',
  },
  InstanceLost: {
    why: 'The instance ended while several invocations ran in it, and another one was the cause, or nobody can tell which: an overdue handler, a crash, its memory.',
    mend: 'A Sync call may be repeated if the callee bears it. Async work is repeated by itself, without using an attempt, at most 20 times.',
  },
};

/** @type {typeof REFUSALS} */
export const HANDLED = {
  ResultNotSerializable: {
    says: 'What the handler returned cannot be sent.',
    why: 'A result that is no text and no bytes is sent as its JSON, which has no cycles, no BigInt, no functions and no symbols.',
    mend: 'The message says what was found. Return a string, a Buffer, or a plain value that `JSON.stringify` takes.',
  },
  InvalidInput: {
    says: 'The input is not JSON, or the schema of `defineHandler` refuses it.',
    why: '`defineHandler` decodes its input. The same input fails again, so Async work is not retried.',
    mend: 'The message lists the fields. Send JSON, or call through `functionRef`.',
  },
  InvalidResult: {
    says: 'The callee answered a typed reference with something that is not JSON.',
    why: '`functionRef` decodes what the callee gives; the callee is not made with `defineHandler`.',
    mend: 'Call it with `FCClient.invokeFunction`, which gives its text or bytes, or return JSON from it.',
  },
};

/** @type {typeof REFUSALS} */
export const HOST = {
  ConfigError: {
    says: 'The configuration cannot be used.',
    why: 'There is none, there are two, it throws when it is loaded, or values are wrong. Every problem is a line of its own: file, line, key, what was found, what is allowed. Exit code 2.',
    mend: 'Mend each line; `edgefc check` tells whether all is right. An unknown key is only a warning, and often the cause of a missing one.',
  },
  UsageError: {
    says: 'An argument or an option of the command is not right.',
    why: 'A file that is not there, an option that takes something else, options that exclude each other. Exit code 2.',
    mend: 'The message says what is allowed; so does `--help`.',
  },
  NodeTooOld: {
    says: 'The command was started with a Node that it cannot run on.',
    why: 'The host needs Node 22.18 or newer, for SQLite and for handlers in TypeScript. The SDK runs on Node 20. Exit code 2.',
    mend: 'Install a newer Node, or [the bundle](gateway.md#without-a-registry), which brings its own.',
  },
  QueueLocked: {
    says: 'Another host uses the data directory.',
    why: 'One host at a time uses a data directory; the message has the holder’s pid and when it was started. A holder that was killed does not keep it. Exit code 3.',
    mend: '`edgefc stop`, or another `--data-dir`.',
  },
  QueueUnusable: {
    says: 'The data directory or its queue cannot be opened or written.',
    why: 'It is not a directory, belongs to another user, is on a read-only or broken disk; or the writer has failed. A damaged queue is not this: it is set aside and what can be read is rescued. Exit code 3.',
    mend: 'The message has the file and the reason of the system. Mend the permissions or the disk, or name another `--data-dir`.',
  },
  QueueTooNew: {
    says: 'The queue was written by a newer edgefc.',
    why: 'After a downgrade. The file is left as it is. Exit code 3.',
    mend: 'Start the newer edgefc on it; or another `--data-dir`, and the work that waits stays in the old one.',
  },
  QueueClosed: {
    says: 'The queue was closed before this was done.',
    why: 'The host was stopping. What had been accepted is there at the next start.',
    mend: 'Try again when the host is back.',
  },
  InternalError: {
    says: 'Something that nobody foresaw; the command prints the stack.',
    why: 'A bug in edgefc, or a system that behaves as none of those that it was tested on. Exit code 3.',
    mend: 'Report it, with what was printed.',
  },
};

/** @type {typeof REFUSALS} */
export const TESTS = {
  TestHostError: {
    says: 'A test uses its host wrongly, or began something that it did not await.',
    why: 'An option of `createTestHost` that is not one, a call after `stop()`, a forgotten `await`. It is the name of the error; there is no code.',
    mend: 'The message says which call, and how it is written.',
  },
  Stuck: {
    says: 'A test cannot go on.',
    why: 'For a while nothing has happened: something real (a socket, a file) does not end, or a promise that nobody settles is awaited, or nobody moves the time. The message names it, and where it was begun.',
    mend: 'End it in the function, fake what it talks to, or give the host more `patience`. See [testing](testing.md).',
  },
};

/** Names in the source that look like codes and are never seen outside of it. */
export const INTERNAL = {
  FrameError: 'an instance broke the protocol of the wall; seen as Exit',
  InstanceEnded: 'ends the code of an in-process instance that is gone; seen as Exit',
  Lost: 'what the matchers of the testkit call a run that was lost with a killed host',
  AbortError: 'the reason of context.signal, as the platform names it',
  SyntaxError: 'of the language; compared, not made',
  TypeError: 'of the language; compared, not made',
  SuppressedError: 'of the language; compared, not made',
  TimeoutError: 'the reason of AbortSignal.timeout, as the platform names it',
  Error: 'what an error without a name of its own is called',
};
