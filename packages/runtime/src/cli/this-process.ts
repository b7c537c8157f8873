/**
 * The `edgefc` command in this process: the only place that reads the process's arguments and environment, and that ends it.
 */
import { fstatSync, readFileSync } from 'node:fs';
import { WriteStream } from 'node:tty';
import type { Writable } from 'node:stream';
import { gatherHostFacts } from '../config/host-facts.ts';
import { openFileStream } from '../observe/file-stream.ts';
import type { CliContext, Output, StopSignal } from './context.ts';
import { runProgram } from './program.ts';

/** Set by the one command that this process has. */
const threads = { remain: false };

const context: CliContext = {
  facts: gatherHostFacts(process.env, process.cwd()),
  pid: process.pid,
  execPath: process.execPath,
  readRss: () => process.memoryUsage.rss(),
  isAlive,
  get stdin() {
    return process.stdin;
  },
  stdout: toOutput(process.stdout, 1),
  stderr: toOutput(process.stderr, 2),
  onStopSignal(handler) {
    const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
    for (const signal of signals) process.on(signal, handler);
    // A signal handler does not keep the process: a host without instances would end here.
    // eslint-disable-next-line no-restricted-globals -- no time is measured; a pending timer is what keeps a process
    const keepAlive = setInterval(() => undefined, 2 ** 31 - 1);
    return () => {
      // eslint-disable-next-line no-restricted-globals -- ends the timer above, which measures nothing
      clearInterval(keepAlive);
      for (const signal of signals) process.off(signal, handler);
    };
  },
  leaveThreads() {
    threads.remain = true;
  },
  exit: leave,
};

// Whatever still holds the process, the work is over now.
const code = await runProgram(process.argv.slice(2), context);
if (threads.remain) leave(code);
process.exit(code);

/** Ends the process without its threads: `process.exit` would wait for a blocking native call in one, perhaps for ever. */
function leave(code: number): never {
  // Becoming another program ends all threads, and keeps the exit code.
  process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {});
  process.kill(process.pid, 'SIGKILL');
  return process.exit(code);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true; // No /proc: the signal has found it.
  }
}

function toOutput(stream: NodeJS.WriteStream, fd: number): Output {
  const isTerminal = stream instanceof WriteStream;
  const writable: Writable = !isTerminal && isFile(fd) ? openFileStream(fd) : stream;
  // EPIPE: the reader has seen enough. Each write is told by its callback; this only keeps it from being fatal.
  writable.on('error', () => undefined);
  return { stream: writable, isTerminal, colour: isTerminal && stream.hasColors() };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    // A closed descriptor: the platform's stream knows how to swallow what is written.
    return false;
  }
}
