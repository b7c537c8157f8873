/** There is a host that a command should talk to, and it cannot. */
export class HostUnreachableError extends Error {
  override readonly name = 'HostUnreachableError';
  readonly code = 'NoHost';
}
