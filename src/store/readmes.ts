/** The readme of each definition of one kind. It lies beside the definition, and goes with it. */
import { PipelineError } from '../domain/errors';
import { run, type Database, type TableName } from './database';
import { isStorable } from './storable';
import type { Readmes } from './store';

export class SqlReadmes implements Readmes {
  constructor(
    private readonly database: Database,
    private readonly table: TableName,
    /** As messages name it: `pipeline`. */
    private readonly kind: string,
  ) {}

  async get(name: string): Promise<string | undefined> {
    if (!isStorable(name)) return undefined;
    const row = await run(this.database.judge, () =>
      this.database.db.selectFrom(this.table).select('readme').where('name', '=', name).executeTakeFirst(),
    );
    return row?.readme ?? undefined;
  }

  async put(name: string, readme: string): Promise<void> {
    if (isStorable(name) && (await this.set(name, readme))) return;
    throw new PipelineError('NotFound', `${this.kind} ${name} Not Found`);
  }

  async delete(name: string): Promise<boolean> {
    return isStorable(name) && (await this.set(name, null));
  }

  /** @returns whether there was anything to change */
  private async set(name: string, readme: string | null): Promise<boolean> {
    const { numUpdatedRows } = await run(this.database.judge, () =>
      this.database.write((db) => {
        const update = db.updateTable(this.table).set({ readme }).where('name', '=', name);
        return (readme === null ? update.where('readme', 'is not', null) : update).executeTakeFirstOrThrow();
      }),
    );
    return numUpdatedRows > 0n;
  }
}
