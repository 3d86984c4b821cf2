import { Argument, type Command } from 'commander';
import { type CommandEntry, catalogue, type FlagEntry } from './catalogue.js';
import { oneOf } from './flags.js';
import type { Io } from './io.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const wordsOf = (flag: FlagEntry): readonly string[] => [flag.short, flag.long].filter((word) => word !== null);

const flagWords = (entry: CommandEntry): string => entry.flags.flatMap(wordsOf).sort().join(' ');

/** Everything of ours that goes into a script is a plain word or a description in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(entries: readonly CommandEntry[]): string {
  const names = entries.map((entry) => entry.name).join(' ');
  const cases = entries.map((entry) => {
    const words = [flagWords(entry), entry.subcommands.map((inner) => inner.name).join(' ')]
      .filter((part) => part !== '')
      .join(' ');
    return `    ${entry.name}) words=${quoted(words)} ;;`;
  });
  const choices = new Map<string, readonly string[]>();
  for (const flag of entries.flatMap((entry) => entry.flags))
    if (flag.choices.length > 0) for (const word of wordsOf(flag)) choices.set(word, flag.choices);
  const values = [...choices].map(
    ([word, words]) =>
      `    ${word}) mapfile -t COMPREPLY < <(compgen -W ${quoted(words.join(' '))} -- "$current"); return ;;`,
  );
  return `# bash completion of earshot. Install: earshot completion bash > /etc/bash_completion.d/earshot
_earshot() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" command="" words="" word
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="$word"; break ;; esac
  done
  case "$previous" in
${values.join('\n')}
    -o | --output | --snapshot | --from | --save-snapshot | --ruleset | --rules | --baseline | --compare-to | --config)
      mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
  esac
  case "$command" in
${cases.join('\n')}
    *) words=${quoted(`${names} --help --version ${flagWords(entries[0] as CommandEntry)}`)} ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -F _earshot earshot
`;
}

/** What zsh's _arguments reads as structure. */
const zshText = (text: string): string =>
  text.replace(/[[\]:\\]/g, (character) => `\\${character}`).replaceAll("'", "'\\''");

function zshFlag(flag: FlagEntry): string {
  const many = wordsOf(flag);
  const value =
    flag.value === null ? '' : flag.choices.length > 0 ? `:value:(${flag.choices.join(' ')})` : ':value:_files';
  return many.map((word) => `      '*${word}[${zshText(flag.description)}]${value}'`).join(' \\\n');
}

function zsh(entries: readonly CommandEntry[]): string {
  const list = entries.map((entry) => `    '${entry.name}:${zshText(entry.summary)}'`).join('\n');
  const cases = entries.map((entry) => {
    const inner = entry.subcommands.map((sub) => sub.name).join(' ');
    const rest = inner === '' ? "      '*:file:_files'" : `      '1:command:(${inner})' \\\n      '*:file:_files'`;
    return `    ${entry.name})\n    _arguments \\\n${[...entry.flags.map(zshFlag), rest].join(' \\\n')}\n    ;;`;
  });
  return `#compdef earshot
# zsh completion of earshot. Install: earshot completion zsh > /usr/local/share/zsh/site-functions/_earshot
_earshot() {
  local -a commands
  commands=(
${list}
  )
  if (( CURRENT == 2 )) && [[ \${words[2]} != -* ]]; then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  if [[ $command == -* ]]; then command=audit; else shift words; (( CURRENT-- )); fi
  case $command in
${cases.join('\n')}
  esac
}
_earshot "$@"
`;
}

function fish(entries: readonly CommandEntry[]): string {
  const names = entries.map((entry) => entry.name).join(' ');
  const lines = [
    '# fish completion of earshot. Install: earshot completion fish > ~/.config/fish/completions/earshot.fish',
    ...entries.map(
      (entry) =>
        `complete -c earshot -n "not __fish_seen_subcommand_from ${names}" -f -a ${entry.name} -d ${quoted(entry.summary)}`,
    ),
  ];
  for (const entry of entries) {
    const seen = `-n "__fish_seen_subcommand_from ${entry.name}"`;
    for (const sub of entry.subcommands)
      lines.push(`complete -c earshot ${seen} -a ${sub.name} -d ${quoted(sub.summary)}`);
    for (const flag of entry.flags) {
      const short = flag.short === null ? '' : ` -s ${flag.short.slice(1)}`;
      const long = flag.long === null ? '' : ` -l ${flag.long.slice(2)}`;
      const value =
        flag.value === null ? '' : flag.choices.length > 0 ? ` -x -a ${quoted(flag.choices.join(' '))}` : ' -r';
      lines.push(`complete -c earshot ${seen}${short}${long}${value} -d ${quoted(flag.description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .addArgument(new Argument('<shell>', `which shell: ${SHELLS.join(', ')}`).argParser(oneOf(SHELLS)))
    .action(async (shell: (typeof SHELLS)[number]) => {
      const make = { bash, zsh, fish }[shell];
      await io.out(make(await catalogue(io)));
      done(0);
    });
}
