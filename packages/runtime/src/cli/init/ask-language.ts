/** The one question of `edgefc init`, asked only where a person can see it and answer. */
import { createInterface } from 'node:readline';
import type { CliContext } from '../context.ts';
import type { Language } from './template.ts';

/** Until it is answered; TypeScript without a terminal, `undefined` when the person ends it instead. */
export async function askLanguage({ stdin, stdout }: CliContext): Promise<Language | undefined> {
  const canAnswer = 'isTTY' in stdin && stdin.isTTY === true;
  if (!canAnswer || !stdout.isTerminal) return 'typescript';
  const reader = createInterface({ input: stdin, output: stdout.stream, prompt: 'TypeScript or JavaScript? [T/j] ' });
  reader.prompt();
  for await (const line of reader) {
    const language = readAnswer(line);
    if (language !== undefined) return language;
    reader.prompt();
  }
  return undefined;
}

/** What was meant; `undefined` when that cannot be told. */
function readAnswer(text: string): Language | undefined {
  const answer = text.trim().toLowerCase();
  if (answer === '' || 'typescript'.startsWith(answer) || answer === 'ts') return 'typescript';
  if ('javascript'.startsWith(answer) || answer === 'js') return 'javascript';
  return undefined;
}
