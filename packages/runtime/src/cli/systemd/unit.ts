/**
 * The text of the unit. Each setting that is not obvious has its reason beside it, because whoever reads the unit on a
 * gateway has nothing else to read.
 *
 * What is left out on purpose: `MemoryDenyWriteExecute` (V8 writes code), `PrivateDevices` and `ProtectClock` (they take
 * serial ports away), `ProtectKernelTunables` (GPIO under /sys), `RestrictAddressFamilies` (CAN, Bluetooth), a filter of
 * system calls (functions start what they like), and waiting for the network (a gateway works without one).
 */
import { dirname } from 'node:path';
import { quoteArgument, quotePath, writePath } from './quote.ts';

/** The part of the machine's memory that host and functions may have together; the host gives its instances 60 % of it. */
export const MEMORY_SHARE = 0.8;

/** Bytes that the host itself may need beside its instances. */
const HOST_MEMORY = 256 * 1024 ** 2;
/** Tasks of a Node process are 11 to 13; the rest is for what a function starts. */
const TASKS_PER_INSTANCE = 32;
const LEAST_TASKS = 1024;
/** ms after the grace period: `preStop`, the last commits. `edgefc stop` waits for 20 s. */
const AFTER_GRACE = 25_000;
const MB = 1024 ** 2;

/**
 * MiB of V8's semi-spaces, 16 by default. A host through which much goes fills them, and keeps them: while it accepted a million
 * Async invocations it held 139 MB with it, 238 MB without, at the same speed (2026-11-23, decision 11). Not to be set later.
 */
const SEMI_SPACE = 4;

export interface UnitFacts {
  readonly version: string;
  readonly name: string;
  readonly user: string;
  /** Absolute: Node, and the file of the command. */
  readonly execPath: string;
  readonly main: string;
  /** Absolute. */
  readonly config: string;
  /** Absolute; undefined: the state directory that systemd makes. */
  readonly dataDir: string | undefined;
  /** Whether the command line names it; else the configuration does. */
  readonly isDataDirNamed: boolean;
  readonly codeUris: readonly string[];
  /** ms. */
  readonly gracePeriod: number;
  /** Bytes: what the instances may hold together, and what the machine has. */
  readonly maxMemory: number;
  readonly totalMemory: number;
  /** As many as there can be at once. */
  readonly instances: number;
}

/** @throws UsageError when a path cannot be written into a unit */
export function formatUnit(facts: UnitFacts): string {
  const { name, user, execPath, main, config, dataDir, isDataDirNamed } = facts;
  const needed = [execPath, main, config, ...facts.codeUris];
  const place = dataDir !== undefined && isDataDirNamed ? ['--data-dir', dataDir] : [];
  // --json: no table of the functions in the journal, only lines that a program can read.
  const args = [`--max-semi-space-size=${SEMI_SPACE}`, main, 'start', '--json', '--config', config, ...place];
  const mounts = [dirname(config), ...(dataDir === undefined ? [] : [dataDir])];
  return `# ${name}.service, written by \`edgefc systemd\` (edgefc ${facts.version}).
#
#   sudo useradd --system --user-group --home-dir /var/lib/${name} --shell /usr/sbin/nologin ${user}
#   sudo cp ${name}.service /etc/systemd/system/
#   sudo systemctl daemon-reload
#   sudo systemctl enable --now ${name}
#   journalctl -u ${name} -f -o cat

[Unit]
Description=edgefc: the functions of ${writePath(config)}
After=network.target
RequiresMountsFor=${mounts.map(quotePath).join(' ')}
# A gateway nobody looks after goes on trying.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${user}
WorkingDirectory=${writePath(dirname(config))}
ExecStart=${[quotePath(execPath), ...args.map(quoteArgument)].join(' ')}
Environment=NODE_ENV=production
# What functions take from the host's environment (passEnv); the file need not be there.
EnvironmentFile=-/etc/${name}.env
SyslogIdentifier=${name}
${dataDir === undefined ? `StateDirectory=${name}\nStateDirectoryMode=0700` : `ReadWritePaths=-${quotePath(dataDir)}`}

# After a crash, not after \`edgefc stop\`; and a wrong configuration (2) does not mend itself.
Restart=on-failure
RestartSec=2s
RestartPreventExitStatus=2
# The host alone is asked to stop, so that running functions can end; what is left after it is killed.
KillMode=mixed
TimeoutStopSec=${Math.ceil((facts.gracePeriod + AFTER_GRACE) / 1000)}s

${formatMemory(facts)}
# A function that the kernel ends for its memory is one instance's end, not the host's.
OOMPolicy=continue
TasksMax=${Math.max(LEAST_TASKS, TASKS_PER_INSTANCE * facts.instances + 256)}
LimitNOFILE=65536
# A crash in native code leaves no file as large as the memory.
LimitCORE=0

# Functions may do what ${user} may, and start processes; devices, sockets and /sys stay as they are. For serial ports:
# SupplementaryGroups=dialout
UMask=0077
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=${needed.concat(dataDir ?? []).some(isInHome) ? 'read-only' : 'yes'}
PrivateTmp=${needed.concat(dataDir ?? []).some(isTemporary) ? 'no' : 'yes'}
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
`;
}

function formatMemory({ maxMemory, totalMemory }: UnitFacts): string {
  const needed = maxMemory + HOST_MEMORY;
  if (needed <= totalMemory * MEMORY_SHARE) {
    return `# Of the machine's; instances together get 60 % of it, unless the configuration's maxMemory says something else.\nMemoryMax=${MEMORY_SHARE * 100}%`;
  }
  return `# The configuration's maxMemory, and ${HOST_MEMORY / MB} MB for the host.\nMemoryMax=${Math.ceil(needed / MB)}M`;
}

function isInHome(path: string): boolean {
  return /^\/(?:home|root|run\/user)\//.test(path);
}

function isTemporary(path: string): boolean {
  return /^\/(?:var\/)?tmp\//.test(path);
}
