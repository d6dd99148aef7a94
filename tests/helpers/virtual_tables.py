"""Ask SQLite's virtual tables, through apsw: a second opinion on what Fleet's queries find.

Like osquery's, the tables parse_json, file and plist refuse a query that does not say which path it is about.
Usage: virtual_tables.py INPUT, a JSON file {columns: {table: [column]}, cases: [{tables: {table: [row]}, queries: [sql]}]}
Prints, for each case, how many rows each query finds.
"""

import json
import sys

import apsw

NEED_PATH = {"parse_json", "file", "plist"}


class Module:
    def __init__(self, columns, tables):
        self.columns = columns
        self.tables = tables

    def Create(self, connection, module, database, table, *args):
        columns = self.columns[table]
        return f"CREATE TABLE x ({', '.join(f'{c} TEXT' for c in columns)})", Table(table, columns, self.tables[table])

    Connect = Create


class Table:
    def __init__(self, name, columns, rows):
        self.name = name
        self.columns = columns
        self.rows = rows

    def BestIndex(self, constraints, orders):
        """Take `path = …` for ourselves, and leave all else to SQLite."""
        used = [None] * len(constraints)
        for i, (column, operator) in enumerate(constraints):
            if self.columns[column] == "path" and operator == apsw.SQLITE_INDEX_CONSTRAINT_EQ:
                used[i] = 0
                return used, 1, "path", False, 1
        return used, 0, "", False, 1_000_000

    def Open(self):
        return Cursor(self)

    def Disconnect(self):
        pass

    Destroy = Disconnect


class Cursor:
    def __init__(self, table):
        self.table = table
        self.at = 0
        self.found = []

    def Filter(self, number, name, values):
        if number == 0 and self.table.name in NEED_PATH:
            raise apsw.SQLError(f"Table {self.table.name} was queried without a path")
        self.at = 0
        self.found = [row for row in self.table.rows if number == 0 or row["path"] == values[0]]

    def Eof(self):
        return self.at >= len(self.found)

    def Rowid(self):
        return self.at

    def Column(self, number):
        return self.at if number < 0 else self.found[self.at].get(self.table.columns[number])

    def Next(self):
        self.at += 1

    def Close(self):
        pass


def count(columns, case):
    connection = apsw.Connection(":memory:")
    connection.createmodule("osquery", Module(columns, case["tables"]))
    for table in columns:
        connection.cursor().execute(f"CREATE VIRTUAL TABLE {table} USING osquery()")
    return [len(list(connection.cursor().execute(query))) for query in case["queries"]]


with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
print(json.dumps([count(given["columns"], case) for case in given["cases"]]))
