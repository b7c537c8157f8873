/**
 * Names, targets and ARNs: how a caller says which function it means.
 *
 * The SDK checks names before a call leaves; the host resolves a target with the same `parseTarget`, so that both
 * sides agree on what is a name and what is an id.
 */

/** Longest name of a service or a function, in characters (FC). */
export const MAX_NAME_LENGTH = 128;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

// `S/F`, `service:S:function:F` and the ARN, whose region and account may be empty (LE).
const PATH_TARGET = /^([A-Za-z][A-Za-z0-9_-]{0,127})\/([A-Za-z][A-Za-z0-9_-]{0,127})$/;
const COLON_TARGET =
  /^(?:acs:fc:[^:]*:[^:]*:)?service:([A-Za-z][A-Za-z0-9_-]{0,127}):function:([A-Za-z][A-Za-z0-9_-]{0,127})$/;

/** What a target text means. */
export type Target =
  | { readonly kind: 'name'; readonly service: string; readonly function: string }
  | { readonly kind: 'id'; readonly id: string };

/** Whether `text` can be the name of a service or a function: `[A-Za-z][A-Za-z0-9_-]{0,127}` (FC). */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/**
 * Says what a target text means: `S/F`, `service:S:function:F` and the ARN
 * `acs:fc:<region>:<account>:service:S:function:F` are names, everything else is an id.
 */
export function parseTarget(text: string): Target {
  const match = PATH_TARGET.exec(text) ?? COLON_TARGET.exec(text);
  const service = match?.[1];
  const name = match?.[2];
  return service === undefined || name === undefined
    ? { kind: 'id', id: text }
    : { kind: 'name', service, function: name };
}

/** The key of a function: `S/F`. */
export function functionKey(service: string, name: string): string {
  return `${service}/${name}`;
}

/**
 * The ARN of a function (LE): `acs:fc:<region>:<account>:service:<service>:function:<name>`.
 *
 * @param region - may be empty
 * @param account - may be empty
 */
export function buildArnString(region: string, account: string, service: string, name: string): string {
  return `acs:fc:${region}:${account}:service:${service}:function:${name}`;
}
