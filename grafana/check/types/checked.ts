// The type that `grafana/dashboards/sessions.json` has to have: Grafana's own `Dashboard`, with each panel's options
// and fields by its kind. Where Grafana's types stop at `unknown`, what follows says what may stand there.

import type {
  Dashboard as GrafanaDashboard,
  DataQuery,
  DataSourceRef,
  FieldColor,
  FieldConfig,
  MatcherConfig,
  Panel as GrafanaPanel,
  TableCellOptions,
  TableOptions,
  ThresholdsConfig,
  ValueMapping,
  VariableModel,
} from '@grafana/schema';
import type {
  FieldConfig as BarChartFields,
  Options as BarChartOptions,
} from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { FieldConfig as TableFields } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type {
  FieldConfig as TimeSeriesFields,
  Options as TimeSeriesOptions,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** A type as JSON writes it: an enum is one of its values, and no longer a name of TypeScript. */
type Json<T> = unknown extends T
  ? T
  : T extends string
    ? string extends T
      ? T
      : `${T}`
    : T extends number
      ? number extends T
        ? T
        : `${T}` extends `${infer N extends number}`
          ? N
          : never
      : T extends boolean | null | undefined
        ? T
        : T extends Array<infer Item>
          ? Array<Json<Item>>
          : { [Key in keyof T]: Json<T[Key]> };

/** A query of the PostgreSQL data source, whose type Grafana does not publish. */
type Query = Json<Omit<DataQuery, 'datasource'>> & {
  datasource: DataSourceRef & { type: 'grafana-postgresql-datasource'; uid: '${datasource}' };
  format: 'table' | 'time_series';
  editorMode: 'code';
  rawQuery: true;
  rawSql: string;
};

/** What an override may set, by its id. */
type Property =
  | { id: 'unit'; value: string }
  | { id: 'decimals' | 'custom.width'; value: number }
  | { id: 'color'; value: Json<FieldColor> }
  | { id: 'thresholds'; value: Json<ThresholdsConfig> }
  | { id: 'mappings'; value: Array<Json<ValueMapping>> }
  | { id: 'links'; value: Array<{ title: string; url: string; targetBlank?: boolean }> }
  | { id: 'custom.cellOptions'; value: Json<TableCellOptions> };

type Fields<Custom> = {
  defaults: Json<Omit<FieldConfig, 'custom'>> & { custom?: Json<Custom> };
  overrides: Array<{
    matcher: Json<Omit<MatcherConfig, 'id' | 'options'>> & { id: 'byName'; options: string };
    properties: Property[];
  }>;
};

type Panel<Kind extends string, Options, Custom> = Json<
  Omit<GrafanaPanel, 'type' | 'options' | 'fieldConfig' | 'targets'>
> & {
  type: Kind;
  options: Json<Options>;
  fieldConfig: Fields<Custom>;
  targets: Query[];
};

/** Grafana reads more of a variable than its published type has. */
type Variable = Json<VariableModel> & {
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
  definition?: string;
};

export type Dashboard = Json<Omit<GrafanaDashboard, 'panels' | 'templating'>> & {
  panels: Array<
    | Panel<'stat', StatOptions, {}>
    | Panel<'timeseries', TimeSeriesOptions, TimeSeriesFields>
    | Panel<'barchart', BarChartOptions, BarChartFields>
    | Panel<'table', TableOptions, TableFields>
  >;
  templating: { list: Variable[] };
};
