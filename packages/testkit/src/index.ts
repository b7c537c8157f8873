/** The public names of @edgefc/testkit. */
export {
  assertDeadLettered,
  assertFailedWith,
  assertInvoked,
  assertInvokedInOrder,
  assertInvokedOnly,
  assertInvokedTimes,
  assertLogged,
  assertNotInvoked,
  assertNotLogged,
  assertNotPublished,
  assertPublished,
  assertRetried,
  assertSucceededWith,
  type LogExpectation,
} from './assert/assertions.ts';
export type { PayloadExpectation } from './assert/compare.ts';
export type { DeadLetterExpectation, FailureExpectation } from './assert/ended.ts';
export type { InvocationExpectation } from './assert/expectation.ts';
export type { InvocationStep } from './assert/invoked.ts';
export { matchers, type EdgefcMatchers } from './assert/matchers.ts';
export { createTestHost, withTestHost } from './create-test-host.ts';
export { TestHostError } from './errors.ts';
export type { ExportTestOptions } from './export/export-test.ts';
export { fake } from './fakes/fake.ts';
export type { FakeHandle } from './fakes/stage.ts';
export type { Fake, FakeCall, FakeImplementation, FakeMatch, Fakes, FakeValue, SequenceFake } from './fakes/types.ts';
export type { UnfakedCall } from './fakes/unfaked.ts';
export type { CrashReport, CrashSite } from './faults/crash-everywhere.ts';
export type { CrashMoment } from './faults/disk-faults.ts';
export { everyCrashPoint } from './faults/every-crash-point.ts';
export type { Fault } from './faults/fault.ts';
export type { CrashOptions, FaultKind, FaultOptions, Faults, RandomFaultOptions } from './faults/faults.ts';
export type { TestResult } from './host/result.ts';
export type { RestartOptions, TestEnqueueOptions, TestHost, TestInvokeOptions, TestPayload } from './host/test-host.ts';
export type {
  TestFunction,
  TestFunctionConfig,
  TestHandler,
  TestHook,
  TestHostOptions,
  TestIsolation,
  TestTime,
} from './options.ts';
export type * from './record/model.ts';
export type { RecordFilter, TestRecord } from './record/record.ts';
export type { TreeOptions } from './record/tree.ts';
export { StuckError } from './time/stuck.ts';
export { createVirtualClock } from './time/virtual-clock.ts';
export type { VirtualClock, VirtualClockOptions } from './time/virtual-clock.ts';
