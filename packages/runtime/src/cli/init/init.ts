/**
 * `edgefc init`: makes a project that runs and has a test, and says with which commands.
 *
 * Writes nothing where a file of the project is already: it names those, and leaves everything as it is.
 */
import { relative, resolve } from 'node:path';
import { print, type CliContext } from '../context.ts';
import { ExitCode, signalExitCode } from '../exit-codes.ts';
import { askLanguage } from './ask-language.ts';
import { readTemplate, type Language } from './template.ts';
import { writeProject } from './write-project.ts';

export interface InitOptions {
  readonly typescript?: boolean;
  readonly javascript?: boolean;
  readonly yes?: boolean;
}

const TITLES = { typescript: 'TypeScript', javascript: 'JavaScript' } as const satisfies Record<Language, string>;

/** @throws UsageError when something is in the way */
export async function init(directory: string, options: InitOptions, context: CliContext): Promise<number> {
  const language = await chooseLanguage(options, context);
  if (language === undefined) {
    // Whoever is asked may rather go away; his prompt begins on a line of its own.
    await print(context.stdout, '\n');
    return signalExitCode('SIGINT');
  }
  const path = resolve(context.facts.cwd, directory);
  const files = readTemplate(language, path);
  writeProject(path, files);
  const { cwd } = context.facts;
  await print(context.stdout, describe(language, path, cwd, [...files.keys()]));
  return ExitCode.Ok;
}

async function chooseLanguage(options: InitOptions, context: CliContext): Promise<Language | undefined> {
  if (options.javascript === true) return 'javascript';
  if (options.typescript === true || options.yes === true) return 'typescript';
  return askLanguage(context);
}

function describe(language: Language, path: string, cwd: string, files: readonly string[]): string {
  const way = relative(cwd, path);
  const steps = [
    ...(way === '' ? [] : [`  cd ${quote(way)}`]),
    '  npm install',
    '  npm test     # runs the functions in a test, one of them faked',
    '  npm start    # runs them until Ctrl-C',
  ];
  const where = way === '' ? 'here' : `in ${way}`;
  const list = files.map((file) => `  ${file}\n`).join('');
  return `A project in ${TITLES[language]}, ${where}:\n\n${list}\nNow:\n\n${steps.join('\n')}\n`;
}

/** For a shell, should somebody copy it. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
