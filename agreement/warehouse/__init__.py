"""Labels in a database, a warehouse or Parquet files, audited where they are."""

from agreement.warehouse.audit import audit_table as audit_table
from agreement.warehouse.audit import audit_warehouse as audit_warehouse
from agreement.warehouse.columns import parse_columns as parse_columns
from agreement.warehouse.source import is_warehouse as is_warehouse
