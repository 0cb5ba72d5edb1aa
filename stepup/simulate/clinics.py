"""Several virtual clinics side by side, each in a process and a database of its own, and their figures added up."""

import gc
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from stepup.simulate import processors, report
from stepup.simulate.report import Report
from stepup.simulate.ward import Plan, Ward

A_CLINIC = 100  # patients, at most; so that the same plan is the same clinics whatever the machine


def live(plan: Plan) -> Report:
    """Live through all of it and add the figures up; the same plan gives the same figures.

    The database must be a throw-away one, migrated and otherwise empty: each clinic gets a copy of it.
    """
    plans = [replace(plan, patients=share) for share in _shares(plan.patients)]
    databases = _copies(len(plans))
    # Started afresh, not forked: a forked process would share this one's connections.
    afresh = multiprocessing.get_context("spawn")
    each_its_own, places = processors.ours(), afresh.SimpleQueue()
    for processor in each_its_own:
        places.put(processor)
    whole = Report()
    with ProcessPoolExecutor(
        min(len(plans), len(each_its_own)),
        mp_context=afresh,
        initializer=processors.begin,
        initargs=(places,),
    ) as pool:
        for found in pool.map(_live_one, plans, range(len(plans)), databases):
            whole.add(found)
    return whole


def _shares(patients: int) -> list[int]:
    clinics = -(-patients // A_CLINIC)
    return [patients // clinics + (number < patients % clinics) for number in range(clinics)]


def _copies(number: int) -> list[str]:
    """So many copies of this database, by name."""
    connection.close()  # a database that somebody is connected to cannot be copied
    original = str(connection.settings_dict["NAME"])
    names = [f"{original}_{place}" for place in range(number)]
    elsewhere = settings.DATABASE_URL.rpartition("/")[0] + "/postgres"
    with psycopg.connect(elsewhere, autocommit=True) as server:
        for name in names:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(original)
                )
            )
    return names


def _live_one(plan: Plan, number: int, database: str) -> Report:
    logging.disable(logging.WARNING)  # faults are played on purpose, and counted
    connection.settings_dict["NAME"] = database
    gc.freeze()  # what the program itself is made of is not looked through again and again
    gc.set_threshold(50_000, 20, 50)
    try:
        return report.gather(plan, Ward(plan, number).live())
    finally:
        connection.close()
