-- What somebody who may create in schema public can put into the way of others: for everything that PostgreSQL has, a
-- thing of the same name that fits as well, and aggregates that fit better. Whatever is called by anybody else than its
-- maker raises an error that begins with "captured".
SET client_min_messages = error;
SET search_path = pg_catalog;

CREATE FUNCTION public.spring(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> pg_catalog.current_setting('hostile.maker') THEN
    RAISE EXCEPTION 'captured: %', what;
  END IF;
END $$;

-- Functions, by the types of their arguments.
DO $$
DECLARE
  f record;
BEGIN
  FOR f IN
    SELECT p.oid, p.proname, oidvectortypes(p.proargtypes) AS arguments, pg_get_function_result(p.oid) AS result
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
      AND NOT p.proname IN ('plpgsql_call_handler', 'plpgsql_inline_handler', 'plpgsql_validator')
  LOOP
    BEGIN
      EXECUTE format(
        'CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname, f.arguments, f.result,
        format('BEGIN PERFORM public.spring(%L); RETURN NULL; END', f.proname || '(' || f.arguments || ')'));
    EXCEPTION WHEN OTHERS THEN NULL; -- one that nobody but the server can make
    END;
  END LOOP;
END $$;

-- Operators, by the types of their operands.
DO $$
DECLARE
  o record;
BEGIN
  FOR o IN
    SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result, oid
    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0 AND oprright <> 0
  LOOP
    BEGIN
      EXECUTE format(
        'CREATE FUNCTION public.spring_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', o.oid, o.l, o.r, o.result,
        format('BEGIN PERFORM public.spring(%L); RETURN NULL; END', format('%s %s %s', o.l, o.oprname, o.r)));
      EXECUTE format(
        'CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.spring_%s)',
        o.oprname, o.l, o.r, o.oid);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;

-- Aggregates that fit one type better than PostgreSQL's own for any type; they stand for window functions as well.
CREATE FUNCTION public.spring_state(bigint, anyelement) RETURNS bigint LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.spring('an aggregate of ' || pg_typeof($2)); RETURN $1; END $$;
DO $$
DECLARE
  name text;
  type text;
BEGIN
  FOREACH name IN ARRAY ARRAY['lag', 'lead', 'count', 'array_agg', 'max', 'min', 'sum', 'first_value', 'last_value',
                              'bool_or', 'bool_and', 'string_agg', 'jsonb_agg'] LOOP
    FOREACH type IN ARRAY ARRAY['timestamptz', 'text', 'varchar', 'uuid', 'integer', 'bigint', 'boolean', 'tid', 'numeric'] LOOP
      EXECUTE format('CREATE AGGREGATE public.%I(%s) (SFUNC = public.spring_state, STYPE = bigint)', name, type);
    END LOOP;
  END LOOP;
END $$;

-- Types that a cast by their name would find.
CREATE FUNCTION public.spring_check(anyelement) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.spring('a type like ' || pg_typeof($1)); RETURN true; END $$;
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['text', 'name', 'uuid', 'int2', 'int4', 'int8', 'float8', 'bool', 'date', 'timestamptz',
                              'timestamp', 'oid', 'regclass', 'regtype', 'regprocedure', 'regnamespace', 'jsonb', 'numeric'] LOOP
    EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.%I CHECK (public.spring_check(VALUE))', type, type);
  END LOOP;
END $$;

-- Views with the names of catalogs.
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
    BEGIN
      EXECUTE format('CREATE VIEW public.%I AS SELECT public.spring(%L), * FROM pg_catalog.%I', c.relname, c.relname, c.relname);
      EXECUTE format('GRANT SELECT ON public.%I TO PUBLIC', c.relname);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;
