/**
 * A host in a process of its own that tells what happens in lines of JSON and takes commands the same way: for tests that
 * kill it, or take its disk away.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ChildHostOptions {
  /** The fixture. */
  readonly script: string;
  /** What it is given, as JSON. */
  readonly options: unknown;
  /** For the file with the options, and what Node may cache between starts. */
  readonly directory: string;
  /** A command that runs the host. Default: none. */
  readonly prefix?: readonly string[];
}

type OfKind<M extends { readonly kind: string }, K extends M['kind']> = Extract<M, { readonly kind: K }>;

export class ChildHost<M extends { readonly kind: string }> {
  readonly messages: M[] = [];
  /** The end of what it wrote to its standard error. */
  errors = '';
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #exited = false;

  constructor({ script, options, directory, prefix = [] }: ChildHostOptions) {
    const file = join(directory, 'options.json');
    writeFileSync(file, JSON.stringify(options));
    const [command = process.execPath, ...args]: string[] = [...prefix, process.execPath, script, file];
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compile-cache') },
    });
    this.#process = child;
    this.#exit = once(child, 'close').then(() => {
      this.#exited = true;
      this.#tell();
    });
    // That it has ended is seen by the end of its output.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-10_000);
    });
    createInterface(child.stdout).on('line', (line) => {
      this.messages.push(JSON.parse(line) as M);
      this.#tell();
    });
  }

  get exitCode(): number | null {
    return this.#process.exitCode;
  }

  all<K extends M['kind']>(kind: K): OfKind<M, K>[] {
    return this.messages.filter((message): message is OfKind<M, K> => message.kind === kind);
  }

  last<K extends M['kind']>(kind: K): OfKind<M, K> | undefined {
    return this.all(kind).at(-1);
  }

  /** Resolves when `condition` holds, with true, or when the host has ended, with false. */
  until(condition: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const look = (): void => {
        const met = condition();
        if (!met && !this.#exited) return;
        this.#listeners.delete(look);
        resolve(met);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** The next message of a kind, or the next that `accept` takes. */
  async next<K extends M['kind']>(
    kind: K,
    accept: (message: OfKind<M, K>) => boolean = () => true,
  ): Promise<OfKind<M, K>> {
    const before = this.messages.length;
    const find = (): OfKind<M, K> | undefined =>
      this.messages
        .slice(before)
        .find((message): message is OfKind<M, K> => message.kind === kind && accept(message as OfKind<M, K>));
    await this.until(() => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error(`the host ended before it said "${kind}": ${this.errors}`);
    return found;
  }

  send(command: unknown): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Resolves when it has ended and all that it wrote was read. */
  async exited(): Promise<void> {
    await this.#exit;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
