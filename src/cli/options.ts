import { Option, type Command } from 'commander';
import { loadConfig, SETTINGS, type Config, type Flags, type Setting, type SettingKey } from '../config';

/**
 * Gives a command a flag for each variable of the configuration: `--webhook-allow` for `WEBHOOK_ALLOW`.
 *
 * @param only those that mean something to it; default all
 */
export function addConfigOptions(command: Command, only = Object.keys(SETTINGS) as SettingKey[]): Command {
  for (const setting of only.map<Setting>((key) => SETTINGS[key])) {
    const flag = setting.name.toLowerCase().replaceAll('_', '-');
    const otherwise = setting.fallback ?? setting.unset ?? 'none';
    // No default for commander to fill in: it would win over the environment.
    command.addOption(new Option(`--${flag} <value>`, `${setting.what} (${setting.name}; default: ${otherwise})`));
  }
  return command;
}

/** The configuration of a command that was given those flags. */
export function configOf(flags: Flags): Config {
  return loadConfig(process.env, flags);
}
